"""Opens the database; one thread writes, and many writes share one fsync.

SQLite in WAL with synchronous=FULL: what was committed survives a power cut. Every write is a
function that is run inside a transaction with others that came at the same time (group commit);
its future is resolved after the commit.
"""

from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from im_notify.i18n import _
from im_notify.outbox.entries import OutboxError
from im_notify.outbox.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

T = TypeVar("T")
TOGETHER = 256  #: writes that share a transaction at most
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    future: Future[Any]


class Database:
    """An open database: `write` from any thread, `read` on a connection of one's own."""

    def __init__(self, url: str) -> None:
        """Open, create or migrate it. Raises OutboxError, which names the file."""
        self._name = make_url(url).database or url.partition(":")[0]
        self._engine = _engine(url, self._name)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._handing_in, self._closed = Lock(), False
        self._writing = self._engine.execution_options(immediate=True)
        try:
            with self._writing.begin() as connection:
                migrate(connection)
        except (SQLAlchemyError, OSError, OutboxError) as error:
            self._engine.dispose()
            raise _cannot(self._name, error) from None
        self._thread = Thread(target=self._run, name="outbox-writer", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run `work` in a transaction; the future has its result once that is on disk.

        What `work` raises undoes its own changes only and comes out of the future; a commit that
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
            with self._engine.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise _cannot(self._name, error) from None

    def close(self) -> None:
        """Finish what was handed in and close the file."""
        with self._handing_in:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, stopping = [first], False
            while len(batch) < TOGETHER and not stopping:
                try:
                    following = self._jobs.get_nowait()
                except Empty:
                    break
                stopping = following is None
                batch += [following] if following else []
            self._commit([job for job in batch if job.future.set_running_or_notify_cancel()])
            if stopping:
                return

    def _commit(self, batch: list[_Job]) -> None:
        try:
            with self._writing.begin() as connection:
                outcomes = [self._attempt(connection, job) for job in batch]
        except Exception as error:  # noqa: BLE001  the writer must outlive whatever it was given
            for job in batch:
                job.future.set_exception(_cannot(self._name, error))
            return
        for job, (result, failure) in zip(batch, outcomes, strict=True):
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)

    def _attempt(self, connection: Connection, job: _Job) -> tuple[Any, Exception | None]:
        """Run one job inside a savepoint, so that its failure is its own."""
        savepoint = connection.begin_nested()
        try:
            result = job.work(connection)
        except SQLAlchemyError as error:
            savepoint.rollback()
            return None, _cannot(self._name, error)
        except Exception as error:  # noqa: BLE001  it belongs to whoever handed the job in
            savepoint.rollback()
            return None, error
        savepoint.commit()
        return result, None


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


def _engine(url: str, name: str) -> Engine:
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database:
        _make_private(name)
    engine = create_engine(where, pool_size=8, max_overflow=8)
    if where.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: str) -> None:
    """Create the file readable for its owner only; SQLite gives its other files the same mode."""
    folder = os.path.dirname(path)  # noqa: PTH120
    try:
        if folder:
            os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _cannot(path, error) from None


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the write lock at once where something will be written: it cannot be had later."""
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
