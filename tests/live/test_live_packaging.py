"""What is published: a wheel with everything that is needed, an sdist that builds it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_sdist_builds_the_wheel_and_the_wheel_is_whole(tmp_path: Path) -> None:
    """`python -m build` makes the wheel out of the sdist; data files are in both."""
    command = [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)

    (wheel,), (sdist,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"im_notify", "im_notify_plugins"}
    assert {
        "im_notify/py.typed",
        "im_notify_plugins/py.typed",
        "im_notify/locale/tr/LC_MESSAGES/im_notify.mo",
        "im_notify_plugins/apprise/shim/iletimerkezi.py",
    } <= names
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "CHANGELOG.md", "LICENSE", "tests/conftest.py"} <= inside
