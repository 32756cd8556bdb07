"""The one database of this process: opening it, its connections, its schema.

SQLite in WAL mode with synchronous=FULL: a committed batch survives power loss, and readers
never wait for the writer. Every transaction is `BEGIN IMMEDIATE`: one that reads first and
writes later would otherwise fail with SQLITE_BUSY at once, whatever the time-out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import BigIntegerField, DatabaseError, Model, SqliteDatabase
from playhouse.migrations import Runner

from notifyd.errors import NotifydError

BUSY_SECONDS = 10  # how long a writer waits for the other process's transaction
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -8000,  # KiB
    "journal_size_limit": 64 * 1024 * 1024,
    "temp_store": "memory",
}
MIGRATIONS = Path(__file__).with_name("migrations")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

db = SqliteDatabase(None, lock_type="immediate")


class Moment(BigIntegerField):  # type: ignore[misc]
    """An aware UTC instant as microseconds since 1970: sorts and compares the same everywhere."""

    def db_value(self, value: datetime | int | None) -> int | None:
        """Write a moment, or microseconds that are one already."""
        return micros(value) if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        """Read the column."""
        return None if value is None else moment(value)


def micros(value: datetime) -> int:
    """Return an aware moment as microseconds since 1970-01-01 UTC."""
    return (value - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """Return microseconds since 1970-01-01 UTC as an aware moment."""
    return EPOCH + timedelta(microseconds=value)


class Table(Model):  # type: ignore[misc]
    """The base of all rows."""

    class Meta:
        database = db
        legacy_table_names = False


def open_(path: Path) -> None:
    """Bind this process to the database file at `path`; connections are made per thread."""
    if not db.is_closed():
        db.close()
    db.init(str(path), pragmas=PRAGMAS, timeout=BUSY_SECONDS)


def connect_thread() -> None:
    """Give the calling thread its connection, for the `initializer=` of an executor."""
    db.connect(reuse_if_open=True)


@contextmanager
def connection() -> Iterator[None]:
    """Give the calling thread a connection for the length of a block."""
    db.connect(reuse_if_open=True)
    try:
        yield
    finally:
        db.close()


def migrate() -> None:
    """Bring the schema up to date; only the holder of the data folder's lock may call it.

    Raises:
        NotifydError: the database is damaged, or was written by a newer notifyd.
    """
    try:
        with connection():
            runner = Runner(db, str(MIGRATIONS))
            unknown = sorted(set(runner.applied()) - {m.name for m in runner.migrations()})
            if unknown:
                raise NotifydError(
                    f"{db.database} was written by a newer notifyd (schema {unknown[-1]}): "
                    f"start that version, or move the file away to begin anew"
                )
            runner.up()
    except DatabaseError as error:
        raise NotifydError(f"{db.database} cannot be used: {error}") from None


def sql(text: str, args: tuple[Any, ...] = ()) -> Any:
    """Run one statement on this thread's connection; for paths where peewee's cost shows."""
    return db.execute_sql(text, args)


def many(text: str, rows: list[tuple[Any, ...]]) -> None:
    """Run one statement for each of `rows`: 2-30 µs a row where peewee takes 70-270."""
    if rows:
        db.connection().executemany(text, rows)
