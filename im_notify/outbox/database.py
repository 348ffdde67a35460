"""Opens the database; one thread writes, and many writes share one fsync.

SQLite in WAL with synchronous=FULL: what was committed survives a power cut. Every write is a
function that is run inside a transaction with others that came at the same time (group commit);
its future is resolved after the commit.
"""

from __future__ import annotations

import os
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import sleep
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from im_notify.i18n import _
from im_notify.outbox import direct, owning
from im_notify.outbox.entries import OutboxError
from im_notify.outbox.migrations import is_older, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, Engine

    _Outcome: TypeAlias = tuple[Any, Exception | None]

T = TypeVar("T")
TOGETHER = 256  #: writes that share a transaction at most
GATHER = 0.002  #: seconds that a transaction waits for others where the last had several writes
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "temp_store=MEMORY",  # or every larger transaction makes a file to undo it with
    "wal_autocheckpoint=10000",  # pages; an accept writes some twenty
    "journal_size_limit=67108864",  # what a burst leaves in the write-ahead log
)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    future: Future[Any]


class Database:
    """An open database: `write` from any thread, `read` on a connection of one's own."""

    def __init__(self, url: str, *, owned: bool = False) -> None:
        """Open or create it; one of an older version is migrated.

        That must not happen under a relay that works with it, unless it is this process that has
        it `owned`. Raises OutboxError, which names the file.
        """
        self._name = make_url(url).database or url.partition(":")[0]
        self._writing, self._reading = _engines(url, self._name)
        self._connection: Connection | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._handing_in, self._closed = Lock(), False
        try:
            self._bring_up(url, owned=owned)
        except (SQLAlchemyError, OSError, OutboxError) as error:
            self._dispose()
            raise _cannot(self._name, error) from None
        self._thread = Thread(target=self._run, name="outbox-writer", daemon=True)
        self._thread.start()

    def _bring_up(self, url: str, *, owned: bool) -> None:
        """Create or migrate it, in one transaction."""
        with ExitStack() as until_committed, self._writing.begin() as connection:
            if not owned and is_older(connection):
                until_committed.enter_context(_nobody_else(url))
            migrate(connection)

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run `work` in a transaction; the future has its result once that is on disk.

        `work` may be run twice, the first time undone: nothing but the database may show it. What
        it raises undoes its own changes only and comes out of the future; a commit that
        fails comes out as OutboxError. A future that is cancelled before its turn is not run.
        """
        future: Future[T] = Future()
        with self._handing_in:
            if self._closed:
                future.set_exception(OutboxError(_("the outbox is closed")))
            else:
                self._jobs.put(_Job(work, future))
        return future

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a snapshot. Raises OutboxError."""
        try:
            with self._reading.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise _cannot(self._name, error) from None

    def close(self) -> None:
        """Finish what was handed in and close the file."""
        with self._handing_in:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._dispose()

    def _dispose(self) -> None:
        self._part()
        self._writing.dispose()
        self._reading.dispose()

    def _run(self) -> None:
        busy = False
        while (first := self._jobs.get()) is not None:
            batch, stopping = [first], False
            if busy:
                sleep(GATHER)
            while len(batch) < TOGETHER and not stopping:
                try:
                    following = self._jobs.get_nowait()
                except Empty:
                    break
                stopping = following is None
                batch += [following] if following else []
            self._commit([job for job in batch if job.future.set_running_or_notify_cancel()])
            busy = len(batch) > 1
            if stopping:
                return

    def _commit(self, batch: list[_Job]) -> None:
        try:
            together = self._together(batch)
            outcomes = self._apart(batch) if together is None else together
        except Exception as error:  # noqa: BLE001  the writer must outlive whatever it was given
            self._part()
            for job in batch:
                job.future.set_exception(_cannot(self._name, error))
            return
        for job, (result, failure) in zip(batch, outcomes, strict=True):
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)

    def _together(self, batch: list[_Job]) -> list[_Outcome] | None:
        """Commit the jobs as one; None, and nothing is done, when one of them fails."""
        connection = self._connected()
        with connection.begin() as transaction:
            try:
                return [(job.work(connection), None) for job in batch]
            except Exception:  # noqa: BLE001  whose fault it is shows when each is run apart
                transaction.rollback()
        return None

    def _apart(self, batch: list[_Job]) -> list[_Outcome]:
        """Commit those jobs that do not fail: a savepoint for each costs as much as a small job."""
        connection = self._connected()
        with connection.begin():
            return [self._attempt(connection, job) for job in batch]

    def _connected(self) -> Connection:
        """Return the connection that writes, which is kept until something goes wrong."""
        if self._connection is None:
            self._connection = self._writing.connect()
        return self._connection

    def _part(self) -> None:
        """Give that connection back; the pool makes a new one of it if it is of no use any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # what cannot even be undone is not taken again
                connection.close()

    def _attempt(self, connection: Connection, job: _Job) -> _Outcome:
        """Run one job inside a savepoint, so that its failure is its own."""
        savepoint = connection.begin_nested()
        try:
            result = job.work(connection)
        except SQLAlchemyError as error:
            try:
                savepoint.rollback()
            except SQLAlchemyError:  # a full disk undoes all that was done together
                raise error from None
            return None, _cannot(self._name, error)
        except Exception as error:  # noqa: BLE001  it belongs to whoever handed the job in
            savepoint.rollback()
            return None, error
        savepoint.commit()
        return result, None


@contextmanager
def _nobody_else(url: str) -> Iterator[None]:
    """Keep relays away as long as the block lasts. Raises OutboxError if one works with it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(owning.owned(url))
        except BlockingIOError:
            text = _("the relay that works with it is of an older version: restart the relay")
            raise OutboxError(text) from None
        yield


def _cannot(name: str, error: Exception) -> OutboxError:
    if isinstance(error, OutboxError):
        return OutboxError(f"{name}: {error}")
    reason = str(getattr(error, "orig", None) or error)
    hint = next((hint for word, hint in _hints() if word in reason), "")
    text = _("the outbox {name} cannot be used: {reason}").format(name=name, reason=reason)
    return OutboxError(f"{text}; {hint}" if hint else text)


def _hints() -> Iterator[tuple[str, str]]:
    """Yield what to do about what SQLite says (https://www.sqlite.org/rescode.html)."""
    damaged = _("it is damaged: move it away and put a backup in its place, or none")
    yield "not a database", damaged
    yield "malformed", damaged
    yield "readonly", _("the user that runs this must be able to write the file and its folder")
    yield "Permission denied", _("the user that runs this must be able to write it")
    yield "full", _("make room on its disk")
    yield "locked", _("another program holds it: is a second relay running?")


def _engines(url: str, name: str) -> tuple[Engine, Engine]:
    """Return what writes, on one connection, so that its cache stays warm, and what reads."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database:
        _make_private(name)
    writing = _engine(where, cache=8000, pool_size=1, max_overflow=8)
    reading = _engine(where, cache=1000, pool_size=8, max_overflow=8, pool_use_lifo=True)
    return writing.execution_options(immediate=True), reading


def _engine(where: URL, *, cache: int, **pool: int) -> Engine:
    """Return an engine whose parameters are named as what runs straight on the driver has them.

    `cache` is what each connection may keep, in KiB: whatever is written empties that of readers.
    """
    if where.get_backend_name() != "sqlite":
        return create_engine(where, **pool)
    engine = create_engine(where, paramstyle="named", **pool)
    event.listen(engine, "connect", partial(_prepare, cache=cache))
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: str) -> None:
    """Create the file readable for its owner only; SQLite gives its other files the same mode.

    One that is there is not opened: closing it would end the locks that this process has on it
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    folder = os.path.dirname(path)  # noqa: PTH120
    try:
        if folder:
            os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise _cannot(path, error) from None


def _prepare(connection: Any, _record: object, *, cache: int) -> None:  # noqa: ANN401  the driver's own
    connection.isolation_level = None  # transactions are begun below, not by the driver
    if not connection.execute("PRAGMA page_count").fetchone()[0]:  # it can only begin with this
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in (*PRAGMAS, f"cache_size=-{cache}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the write lock at once where something will be written: it cannot be had later."""
    immediate = connection.get_execution_options().get("immediate")
    direct.begin(connection, "BEGIN IMMEDIATE" if immediate else "BEGIN")
