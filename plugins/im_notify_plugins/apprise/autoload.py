"""Registers when it is imported: for programs that load plugins by entry point.

That are changedetection.io and Prefect, each with a group of its own in pyproject.toml.
"""

from __future__ import annotations

from im_notify_plugins.apprise import register

registered = register()  #: the class in use
