"""Brings the fixtures of `im_notify.testing`: `plugins`, `message`, `sandbox`, `clock`."""

from __future__ import annotations

pytest_plugins = ["im_notify.testing"]
