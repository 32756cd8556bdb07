"""How far each spool was digested, and the records that could not be."""

from __future__ import annotations

from datetime import datetime

import msgspec

from notifyd.store.database import micros, sql
from notifyd.store.models import SetAside

ASIDE_AT_MOST = 500  # records kept to look at; each was logged and counted too


def of(spool: str) -> int:
    """Return the position up to which a spool, named by its identity, was digested."""
    row = sql("SELECT position FROM spool_position WHERE spool = ?", (spool,)).fetchone()
    return int(row[0]) if row else 0


def save(spool: str, position: int, *, now: datetime) -> None:
    """Remember a position, in the transaction of the batch that reached it."""
    sql(
        "INSERT INTO spool_position (spool, position, at) VALUES (?, ?, ?) "
        "ON CONFLICT (spool) DO UPDATE SET position = excluded.position, at = excluded.at",
        (spool, position, micros(now)),
    )


class Aside(msgspec.Struct, frozen=True):
    """A record that could not be digested."""

    project: int
    event_id: str
    received: datetime
    reason: str
    frame: bytes


def set_aside(records: list[Aside]) -> None:
    """Keep what could not be digested, for people to look at; the oldest give way."""
    for record in records:
        SetAside.insert(
            project=record.project,
            event_id=record.event_id,
            received=record.received,
            reason=record.reason,
            payload=record.frame,
        ).execute()
    if records:
        sql("DELETE FROM set_aside WHERE id <= (SELECT max(id) FROM set_aside) - ?", (ASIDE_AT_MOST,))


def aside() -> list[Aside]:
    """Return what was set aside, newest first."""
    return [
        Aside(row.project, row.event_id, row.received, row.reason, bytes(row.payload))
        for row in SetAside.select().order_by(SetAside.id.desc())
    ]
