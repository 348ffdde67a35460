# ruff: noqa: INP001  # a folder of plugins is no package: Apprise would run its __init__.py only
"""Makes iletimerkezi:// and ileti:// known to Apprise, which runs the files of its plugin folders.

`im-notify apprise install` puts this file there, with `--remove` it takes it away.
"""

from im_notify_plugins.apprise import register

register()
