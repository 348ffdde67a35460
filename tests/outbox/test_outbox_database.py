from __future__ import annotations

import sqlite3
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event, text, update

from im_notify.outbox import accepting, direct, reading, schema
from im_notify.outbox.database import Database
from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.outbox.conftest import Box

DURABLE = ("journal_mode", "synchronous")
FULL = 2  #: of synchronous, https://www.sqlite.org/pragma.html#pragma_synchronous


def write_together(database: Database, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Hand all works in while the writer is busy; returns results and errors."""
    busy, free = Event(), Event()

    def hold(_connection: Connection) -> None:
        busy.set()
        free.wait(10)

    first = database.write(hold)
    busy.wait(10)
    futures = [database.write(work) for work in works]
    free.set()
    first.result()
    return [future.exception() or future.result() for future in futures]


def test_many_writes_share_a_commit(box: Box, new_entry: Any) -> None:
    """Two hundred messages that came at one time are one transaction, and one fsync."""
    commits: list[object] = []
    note = commits.append
    event.listen(Engine, "commit", note)
    works = [lambda c, n=n: accepting.accept(c, new_entry(str(n)), now=box.now) for n in range(200)]

    found = write_together(box.database, works)

    event.remove(Engine, "commit", note)
    assert len({one.id for one in found}) == 200
    assert len(commits) == 2


def test_every_commit_is_on_disk_before_it_is_told(box: Box) -> None:
    """On the connection of the writer and on those of readers beside it: WAL, synchronous=FULL."""

    def durability(connection: Connection) -> tuple[object, object]:
        asked = [connection.exec_driver_sql(f"PRAGMA {one}") for one in DURABLE]
        journal, synchronous = (one.scalar_one() for one in asked)
        return journal, synchronous

    def beside(connection: Connection) -> list[tuple[object, object]]:
        return [durability(connection), box.database.read(durability)]

    found = [*box.database.write(beside).result(), *box.database.read(beside)]

    assert found == [("wal", FULL)] * 4


def test_a_write_that_fails_undoes_only_itself(box: Box, new_entry: Any) -> None:
    """Its own changes go, its error comes out, the others of the same commit are kept."""

    def fails(connection: Connection) -> None:
        accepting.accept(connection, new_entry("lost"), now=box.now)
        raise ZeroDivisionError

    def misspelt(connection: Connection) -> None:
        connection.execute(text("SELECT nothing"))

    def keep(connection: Connection) -> Any:
        return accepting.accept(connection, new_entry("kept"), now=box.now)

    first, error, wrong, last = write_together(box.database, [keep, fails, misspelt, keep])

    assert isinstance(error, ZeroDivisionError)
    assert isinstance(wrong, OutboxError)
    assert box.stored(first).id != box.stored(last).id
    assert box.database.read(reading.depth) == {"queued": 2}


def test_a_commit_that_fails_is_told_to_all_and_keeps_nothing(
    box: Box, new_entry: Any, full_disk: Any
) -> None:
    """A disk without room: every one hears of it, and what comes later is kept."""
    works = [lambda c: accepting.accept(c, new_entry("x"), now=box.now)] * 3

    with full_disk():
        found = write_together(box.database, works)

    assert [type(one) for one in found] == [OutboxError] * 3
    assert "outbox.db" in str(found[0])
    assert box.database.read(reading.depth) == {}
    assert box.stored(box.accept("later")).status == "waiting"


def test_a_future_that_nobody_waits_for_does_not_stop_the_writer(box: Box) -> None:
    """A door whose client went away cancels it; the next write is done."""
    busy, free = Event(), Event()

    def hold(_connection: Connection) -> None:
        busy.set()
        free.wait(10)

    box.database.write(hold)
    busy.wait(10)
    given_up = box.database.write(lambda _c: 1)

    assert given_up.cancel()
    free.set()

    assert box.database.write(lambda _c: 2).result(10) == 2


def test_a_closed_outbox_says_so(tmp_path: Path) -> None:
    """What comes after the end is refused at once and hangs nowhere."""
    database = Database(f"sqlite:///{tmp_path}/outbox.db")
    database.close()

    with pytest.raises(OutboxError, match="closed"):
        database.write(lambda _c: None).result(5)


def test_everything_is_there_when_it_is_opened_again(tmp_path: Path, new_entry: Any) -> None:
    """Messages with their recipients and timeline outlive the process."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    database = Database(url)
    accepted = database.write(lambda c: accepting.accept(c, new_entry("x"), now=1.0)).result()
    before = database.read(lambda c: reading.stored(c, accepted.id))
    database.close()

    database = Database(url)

    assert database.read(lambda c: reading.stored(c, accepted.id)) == before is not None
    database.close()


def test_only_its_owner_can_read_the_files(box: Box, tmp_path: Path) -> None:
    """The log beside the database holds texts and numbers as well."""
    box.accept()

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("outbox.db*")}
    assert modes == dict.fromkeys(("outbox.db", "outbox.db-wal", "outbox.db-shm"), 0o600)


def test_folders_are_made(tmp_path: Path) -> None:
    """The folder of the database is made, for its owner only."""
    Database(f"sqlite:///{tmp_path}/state/im/outbox.db").close()

    assert (tmp_path / "state" / "im").stat().st_mode & 0o777 == 0o700


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    """An older program must not write what it does not understand."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    database = Database(url)
    database.write(lambda c: c.execute(update(schema.versions).values(number=99))).result()
    database.close()

    with pytest.raises(OutboxError, match=r"outbox\.db: the database has version 99"):
        Database(url)


@pytest.mark.parametrize("size", [100, 5000, 40_000])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, size: int) -> None:
    """Junk in its place: the text says which file and what to do."""
    (tmp_path / "outbox.db").write_bytes(b"junk " * (size // 5))

    with pytest.raises(OutboxError, match=r"outbox\.db.*damaged"):
        Database(f"sqlite:///{tmp_path}/outbox.db")


def test_a_database_that_was_spoilt_is_named(tmp_path: Path, new_entry: Any) -> None:
    """The schema is right, the pages of a table are not: reading says so."""
    path = tmp_path / "outbox.db"
    database = Database(f"sqlite:///{path}")
    accepted = database.write(lambda c: accepting.accept(c, new_entry("x"), now=1.0)).result()
    database.close()
    with closing(sqlite3.connect(path)) as plain, path.open("r+b") as file:
        for (page,) in plain.execute(
            "SELECT rootpage FROM sqlite_master WHERE tbl_name='messages'"
        ):
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    database = Database(f"sqlite:///{path}")

    with pytest.raises(OutboxError, match=r"outbox\.db.*damaged"):
        database.read(lambda c: reading.stored(c, accepted.id))

    database.close()


def test_a_file_that_cannot_be_written_is_named(as_nobody: Path) -> None:
    """The file belongs to somebody else, as after a first start by root."""
    path = as_nobody / "outbox.db"
    Database(f"sqlite:///{path}").close()
    path.chmod(0o400)

    with pytest.raises(OutboxError, match=r"outbox\.db.*able to write"):
        Database(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_written_is_named(as_nobody: Path) -> None:
    """SQLite needs to make its log beside the file."""
    path = as_nobody / "outbox.db"
    Database(f"sqlite:///{path}").close()
    as_nobody.chmod(0o500)

    with pytest.raises(OutboxError, match=r"outbox\.db"):
        Database(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made_is_named(as_nobody: Path) -> None:
    """The place itself is not ours."""
    as_nobody.chmod(0o500)

    with pytest.raises(OutboxError, match=r"state.*able to write"):
        Database(f"sqlite:///{as_nobody}/state/outbox.db")


def test_what_a_failure_left_open_is_closed_before_the_next_write(box: Box) -> None:
    """The writer keeps its connection, but no transaction that it began and could not use."""
    failing = [MemoryError()]

    def fail_once(connection: Connection) -> None:
        if failing:
            direct.begin(connection, "BEGIN IMMEDIATE")
            raise failing.pop()

    event.listen(box.database._writing, "begin", fail_once)  # noqa: SLF001  the one with a writer
    lost = box.database.write(lambda _c: None).exception()

    assert isinstance(lost, OutboxError)
    assert box.stored(box.accept("kept")).status == "waiting"


def test_a_disk_that_is_full_in_the_middle_of_a_write_is_called_that(
    box: Box, new_entry: Any
) -> None:
    """SQLite undoes the whole transaction then, with the savepoint that is to be undone."""

    def too_much(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        connection.exec_driver_sql("INSERT INTO marks VALUES ('x', zeroblob(1000000))")

    works = [lambda c: accepting.accept(c, new_entry("beside"), now=box.now), too_much]

    found = write_together(box.database, works)

    assert [type(one) for one in found] == [OutboxError] * 2
    assert all("make room" in str(one) for one in found)
    assert box.database.read(reading.depth) == {}
