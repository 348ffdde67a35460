"""For `import_code` of mailrise: makes ileti:// known before the configuration is read."""

from im_notify_plugins.apprise import register

register()

router = None  # mailrise's own
authenticator = None
