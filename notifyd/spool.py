"""The spool: what was taken from clients and is not digested yet, safe on disk.

One SQLite file per web process. The process that owns the file appends and trims; the worker
only reads it, and keeps the position it has reached in the store, in the transaction of the
batch. So a record is digested exactly once, whoever dies in between.

Group commit: a record is written at once when the writer is idle, and those that come during
a commit share the next one, so a busy spool costs one disk sync for many events and an idle
one adds no latency. Every commit is synced (`synchronous=FULL`) before `append` returns:
that is the promise behind answering 200.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from notifyd import codec
from notifyd.errors import NotifydError, SpoolFull

BUSY_SECONDS = 10
COMMIT_AT_MOST = 256  # records a transaction; more only adds latency (measured: flat from 32 on)
WAITING_AT_MOST = 2000  # records not yet on disk; more means that the disk is stuck
TRIM_AT_MOST = 1000  # records a statement, so that trimming never holds up an append for long

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL,
    key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    received REAL NOT NULL,
    client TEXT,
    remote TEXT,
    payload BLOB NOT NULL
);
"""
_INSERT = "INSERT INTO record (project, key, event_id, received, client, remote, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = (
    "SELECT position, project, key, event_id, received, client, remote, payload FROM record "
    "WHERE position > ? ORDER BY position LIMIT ?"
)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a client sent it, and who brought it."""

    project: int
    key: str  # the public key; empty for our own errors
    event_id: str
    received: datetime
    client: str | None
    remote: str | None
    payload: bytes  # the JSON, decoded from its transport


class Stored(msgspec.Struct, frozen=True):
    """A record at its place in a spool; the payload is still compressed."""

    position: int
    project: int
    key: str
    event_id: str
    received: datetime
    client: str | None
    remote: str | None
    frame: bytes


class _Waiting(msgspec.Struct):
    """A row on its way to the disk; without one, a nudge to trim."""

    row: tuple[object, ...] = ()
    size: int = 0
    done: Future[None] = msgspec.field(default_factory=Future)


class Spool:
    """The writing end, owned by one process; `append` may be called from its event loop.

    Args:
        path: the spool's file; its folder is there.
        max_bytes: the bound of what may wait for the worker; beyond it `append` refuses.

    Raises:
        NotifydError: the file cannot be opened or is no spool.
    """

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(WAITING_AT_MOST)
        self._db = _open(path)
        self.identity = _identity(self._db)
        self._lock = threading.Lock()  # over pending_bytes: the loop adds, the writer takes away
        last = self._db.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0]
        size, first = self._db.execute(
            "SELECT coalesce(sum(length(payload)), 0), min(position) FROM record"
        ).fetchone()
        self.pending_bytes: int = size
        self.last_position: int = last
        self._trimmed: int = last if first is None else first - 1
        self._trim_to = self._trimmed
        self._thread = threading.Thread(target=self._run, name=f"spool-{path.stem}", daemon=True)
        self._thread.start()

    async def append(self, record: Record) -> None:
        """Keep a record; when this returns, it survives power loss.

        Raises:
            SpoolFull: the spool is at its bound, or the disk does not keep up.
            NotifydError: the disk refused; the text says why.
        """
        await asyncio.wrap_future(self._put(record))

    def offer(self, record: Record) -> bool:
        """Hand over a record without waiting; False if there is no room for it."""
        try:
            self._put(record)
        except SpoolFull:
            return False
        return True

    def trim(self, position: int) -> None:
        """Let go of the records up to `position`, which the store holds by now."""
        if position > self._trim_to:
            self._trim_to = position
            with suppress(queue.Full):  # the next trim takes it along
                self._queue.put_nowait(_Waiting())

    def close(self) -> None:
        """Write what waits, then let go of the file."""
        self._queue.put(None)
        self._thread.join()

    def _put(self, record: Record) -> Future[None]:
        if self.pending_bytes >= self.max_bytes:
            raise SpoolFull(f"{self.pending_bytes} bytes wait to be digested, the bound is {self.max_bytes}")
        frame = codec.compress(record.payload)
        row = (
            record.project,
            record.key,
            record.event_id,
            record.received.timestamp(),
            record.client,
            record.remote,
            frame,
        )
        waiting = _Waiting(row, len(frame))
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise SpoolFull(f"{WAITING_AT_MOST} events wait for the disk") from None
        self._count(len(frame))
        return waiting.done

    def _count(self, size: int) -> None:
        with self._lock:
            self.pending_bytes += size

    def _run(self) -> None:
        for batch in self._batches():
            self._store([waiting for waiting in batch if waiting.row])
            try:
                self._trim()
            except sqlite3.Error as error:  # nothing is lost: the next trim takes it along
                log.error("spool=%s trim_error=%r", self.path.name, str(error))  # noqa: TRY400 - no bug
        self._db.close()

    def _store(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            self._write([waiting.row for waiting in batch])
        except sqlite3.Error as error:
            log.error("spool=%s error=%r", self.path.name, str(error))  # noqa: TRY400 - no bug
            self._count(-sum(waiting.size for waiting in batch))
            failure = NotifydError(f"the spool {self.path} cannot be written: {error}")
            for waiting in batch:
                waiting.done.set_exception(failure)
        else:
            for waiting in batch:
                waiting.done.set_result(None)

    def _batches(self) -> Iterator[list[_Waiting]]:
        """Whatever has gathered while the last batch was written, until close."""
        while True:
            batch: list[_Waiting] = []
            waiting = self._queue.get()
            while waiting is not None:
                batch.append(waiting)
                if len(batch) == COMMIT_AT_MOST or self._queue.empty():
                    break
                waiting = self._queue.get()
            if batch:
                yield batch
            if waiting is None:
                return

    def _write(self, rows: list[tuple[object, ...]]) -> None:
        with self._db:  # one transaction: commits, or rolls back on an error
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(_INSERT, rows)
            self.last_position = self._db.execute("SELECT max(position) FROM record").fetchone()[0]

    def _trim(self) -> None:
        """Delete in steps, so that an append never waits behind a large delete."""
        if self._trimmed >= self._trim_to:
            return
        upto = min(self._trim_to, self._trimmed + TRIM_AT_MOST)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            freed = self._db.execute(
                "SELECT coalesce(sum(length(payload)), 0) FROM record WHERE position <= ?", (upto,)
            ).fetchone()[0]
            self._db.execute("DELETE FROM record WHERE position <= ?", (upto,))
        self._count(-freed)
        self._trimmed = upto
        if upto < self._trim_to:
            with suppress(queue.Full):
                self._queue.put_nowait(_Waiting())


class Reader:
    """The reading end, used by one thread of the worker; it never writes.

    Raises:
        NotifydError: the file cannot be opened or is no spool.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = _open(path)
        self.identity = _identity(self._db)
        self._db.execute("PRAGMA query_only = 1")
        self._version = -1

    def changed(self) -> bool:
        """Say whether anything was committed since the last call; costs a few microseconds."""
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        changed, self._version = version != self._version, version
        return bool(changed)

    def after(self, position: int, *, limit: int, max_bytes: int) -> list[Stored]:
        """Return the records after `position`, oldest first: at most `limit`, about `max_bytes`."""
        found: list[Stored] = []
        size = 0
        for row in self._db.execute(_SELECT, (position, limit)):
            place, project, key, event_id, received, client, remote, frame = row
            moment = datetime.fromtimestamp(received, UTC)
            found.append(Stored(place, project, key, event_id, moment, client, remote, frame))
            size += len(frame)
            if size >= max_bytes:
                break
        return found

    def oldest_after(self, position: int) -> datetime | None:
        """Return when the oldest record after `position` was received, if there is one."""
        row = self._db.execute(
            "SELECT received FROM record WHERE position > ? ORDER BY position LIMIT 1", (position,)
        ).fetchone()
        return datetime.fromtimestamp(row[0], UTC) if row else None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _open(path: Path) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_size_limit = 16777216")
        db.execute("PRAGMA cache_size = -2000")
        db.executescript(SCHEMA)
    except sqlite3.Error as error:
        raise NotifydError(f"the spool {path} cannot be opened: {error}") from None
    return db


def _identity(db: sqlite3.Connection) -> str:
    """Return the random name this file got when it was made.

    Positions in the store belong to it: a spool file that was deleted and made anew counts
    from one again, and must not be taken for digested up to the old position.
    """
    with db:
        db.execute("BEGIN IMMEDIATE")
        row = db.execute("SELECT id FROM identity").fetchone()
        if row is None:
            row = (secrets.token_hex(16),)
            db.execute("INSERT INTO identity (id) VALUES (?)", row)
    return str(row[0])
