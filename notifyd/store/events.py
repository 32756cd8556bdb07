"""The events that are kept of an issue: which, and how people get at them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from notifyd import codec
from notifyd.issue import Kept, StoredEvent
from notifyd.store.database import many, micros, sql
from notifyd.store.models import EventRow

MINUTE = 60_000_000  # microseconds
REMEMBERED_MINUTES = 60  # how long a repeated delivery of one event is known as such
MAX_REMEMBERED = 500_000  # about 10 MB; a flood shortens the memory, not the disk
FORGET_AT_ONCE = 5000  # rows a statement, so that no transaction holds the writer for long


class Incoming(msgspec.Struct, frozen=True):
    """An event as it is kept."""

    project: int
    event_id: str
    received: datetime
    public_key: str
    client: str | None
    remote: str | None
    payload: bytes  # compressed


def first_time(project: int, event_id: str, *, now: datetime) -> bool:
    """Remember this event id, and say whether it was unknown until now."""
    number = _number(project, event_id)
    if sql("SELECT 1 FROM event WHERE project = ? AND event_id = ?", (project, event_id)).fetchone():
        return False
    cursor = sql("INSERT OR IGNORE INTO seen (id, minute) VALUES (?, ?)", (number, micros(now) // MINUTE))
    return bool(cursor.rowcount)


def forget_seen(*, now: datetime) -> None:
    """Forget the ids remembered for longer than an hour, or sooner where there are too many."""
    minute = micros(now) // MINUTE
    for age in (REMEMBERED_MINUTES, 5, 0):
        sql("DELETE FROM seen WHERE minute < ?", (minute - age,))
        if sql("SELECT count(*) FROM seen").fetchone()[0] <= MAX_REMEMBERED:
            return


def keep(issue: int, incoming: Incoming, kept: Kept) -> int:
    """Store one event of an issue and return its row number."""
    cursor = sql(
        "INSERT INTO event (issue_id, project, event_id, received, kept, public_key, client, remote, payload) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            issue,
            incoming.project,
            incoming.event_id,
            micros(incoming.received),
            kept,
            incoming.public_key,
            incoming.client,
            incoming.remote,
            incoming.payload,
        ),
    )
    return int(cursor.lastrowid)


def thin(issue: int, *, limit: int) -> None:
    """Delete the oldest samples and turning points of an issue, so that `limit` events stay.

    The first event always stays: it shows how the trouble began.
    """
    surplus = sql("SELECT count(*) FROM event WHERE issue_id = ?", (issue,)).fetchone()[0] - limit
    if surplus > 0:
        oldest = sql(
            "SELECT id FROM event WHERE issue_id = ? AND kept != 'first' "
            "ORDER BY kept = 'regression', id LIMIT ?",
            (issue, surplus),
        )
        many("DELETE FROM event WHERE id = ?", oldest.fetchall())


def latest(issue: int) -> StoredEvent | None:
    """Return the newest event that was kept of an issue."""
    return _one(EventRow.select().where(EventRow.issue == issue).order_by(EventRow.id.desc()))


def get(issue: int, event_id: str) -> StoredEvent | None:
    """Return an event of an issue by the id its SDK gave it."""
    return _one(EventRow.select().where(EventRow.issue == issue, EventRow.event_id == event_id))


def by_id(number: int) -> StoredEvent | None:
    """Return an event by its row number."""
    return _one(EventRow.select().where(EventRow.id == number))


def listing(issue: int) -> list[tuple[str, datetime, Kept]]:
    """Return (event id, received, why it was kept) of what is kept of an issue, newest first."""
    query = EventRow.select(EventRow.event_id, EventRow.received, EventRow.kept)
    return list(query.where(EventRow.issue == issue).order_by(EventRow.id.desc()).tuples())


def forget_before(moment: datetime) -> int:
    """Delete up to FORGET_AT_ONCE events received before `moment`, and say how many."""
    cursor = sql(
        "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE received < ? LIMIT ?)",
        (micros(moment), FORGET_AT_ONCE),
    )
    return int(cursor.rowcount)


def _number(project: int, event_id: str) -> int:
    digest = hashlib.blake2b(f"{project}:{event_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _one(query: Any) -> StoredEvent | None:
    rows: Sequence[EventRow] = list(query.limit(1))
    return _value(rows[0]) if rows else None


def _value(row: EventRow) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        issue=row.issue_id,
        event_id=row.event_id,
        received=row.received,
        kept=row.kept,
        key=row.public_key,
        client=row.client,
        remote=row.remote,
        payload=codec.decompress(bytes(row.payload)),
    )
