"""Whose a database is, and that nobody changes it under a relay that works with it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from im_notify.outbox.database import Database
from im_notify.outbox.entries import OutboxError
from im_notify.outbox.migrations import CURRENT
from im_notify.outbox.owning import has_owner, owned

OLD = Path(__file__).parents[1] / "fixtures" / "outbox-2.sql"
WRITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
"""


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The address of a database of an older version."""
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as connection:
        connection.executescript(OLD.read_text("utf-8"))
    return f"sqlite:///{tmp_path}/outbox.db"


def version(url: str) -> int:
    """Return the version of the tables."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        (number,) = connection.execute("SELECT number FROM version").fetchone()
    return int(number)


def test_a_database_of_an_older_relay_that_runs_is_left_alone(old: str) -> None:
    """A command of a newer version says what to do, and has changed nothing."""
    with owned(old), pytest.raises(OutboxError, match=r"outbox\.db.*restart the relay"):
        Database(old)

    assert version(old) == 2


def test_whoever_holds_it_migrates(old: str) -> None:
    """The relay of the newer version, once the older one ended."""
    with owned(old):
        Database(old, owned=True).close()

    assert version(old) == CURRENT


def test_without_a_relay_anybody_migrates(old: str) -> None:
    """A command after an update, before the relay is started; it keeps the relay from nothing."""
    Database(old).close()

    assert version(old) == CURRENT
    assert not has_owner(old)


def test_a_database_of_this_version_is_opened_beside_its_relay(tmp_path: Path) -> None:
    """Commands work while the relay runs."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    Database(url).close()

    with owned(url):
        Database(url).close()
        held = has_owner(url)

    assert (held, has_owner(url)) == (True, False)


def test_a_second_one_does_not_get_it(tmp_path: Path) -> None:
    """As long as the first has it; also by another name of the same file."""
    path = tmp_path / "outbox.db"
    path.touch()
    (tmp_path / "link.db").symlink_to(path)

    with (
        owned(f"sqlite:///{path}"),
        pytest.raises(BlockingIOError),
        owned(f"sqlite:///{tmp_path}/link.db"),
    ):
        pass


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    """A lock that root made could not be taken by the relay's user."""
    assert not has_owner(f"sqlite:///{tmp_path}/outbox.db")
    assert not has_owner("sqlite://")
    assert list(tmp_path.iterdir()) == []


def test_opening_it_again_gives_up_no_lock(tmp_path: Path) -> None:
    """A process that closes the file itself would let others write amid its transaction."""
    path = tmp_path / "outbox.db"
    Database(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as first:
        first.execute("PRAGMA journal_mode=DELETE")
        first.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutboxError, match="locked"):
            Database(f"sqlite:///{path}?timeout=0")

        other = subprocess.run(
            (sys.executable, "-c", WRITE, path), capture_output=True, text=True, check=False
        )

    assert "database is locked" in other.stderr


def test_a_link_to_a_file_that_is_not_there_yet_is_followed(tmp_path: Path) -> None:
    """The file is made where it points, for its owner only."""
    (tmp_path / "outbox.db").symlink_to(tmp_path / "real.db")

    Database(f"sqlite:///{tmp_path}/outbox.db").close()

    assert os.stat(tmp_path / "real.db").st_mode & 0o777 == 0o600  # noqa: PTH116
