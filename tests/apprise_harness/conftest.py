"""Runs Apprise's own tests over our class: a session of its own, see .ci/apprise-harness.

Apprise's tester switches all logging off when it is imported, so nothing else may share this run.
$APPRISE_TESTS names the directory `tests` of an unpacked source distribution of Apprise.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(os.environ.get("APPRISE_TESTS") or "APPRISE_TESTS-is-not-set").absolute()

if not (TESTS / "helpers").is_dir():
    pytest.exit(f"no tests of Apprise in {TESTS}: run .ci/apprise-harness", returncode=2)

sys.path.insert(0, str(TESTS))

# Apprise tracks deliveries, and tests that, since version 2.
collect_ignore = [] if (TESTS / "test_delivery_tracking_fleet.py").exists() else ["test_retries.py"]


@pytest.fixture(autouse=True)
def _registered() -> None:
    from im_notify_plugins.apprise import register

    register()
