"""The outbox: every message owed to a channel, from the decision to its delivery.

A row is written in the transaction that made it due, claimed by one sender at a time, and
settled when the channel took it. A claim older than LEASE is free again: so after a crash
people may hear twice, but never not at all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from notifyd.issue import Notification, Reason
from notifyd.store.models import Outgoing

LEASE = timedelta(minutes=5)  # well over the longest a channel may take to answer


def put(issue: int, event: int | None, channel: str, reason: Reason, why: str, *, now: datetime) -> None:
    """Owe a channel one message."""
    Outgoing.insert(
        issue=issue,
        event=event,
        channel=channel,
        reason=reason.value,
        why=why,
        created=now,
        due=now,
        attempts=0,
        state="pending",
    ).execute()


def claim(channel: str, *, now: datetime) -> Notification | None:
    """Take the message of a channel that is due longest, and count the attempt."""
    free = Outgoing.claimed.is_null() | (Outgoing.claimed < now - LEASE)
    due = (Outgoing.channel == channel) & (Outgoing.state == "pending") & (Outgoing.due <= now) & free
    first = Outgoing.select(Outgoing.id).where(due).order_by(Outgoing.due, Outgoing.id).limit(1)
    taken = (
        Outgoing.update(claimed=now, attempts=Outgoing.attempts + 1)
        .where(Outgoing.id.in_(first), free)
        .returning(Outgoing)
    )
    rows = list(taken.execute())
    return _value(rows[0]) if rows else None


def settle(number: int, *, now: datetime) -> None:
    """The channel took the message."""
    Outgoing.update(state="sent", settled=now, claimed=None, error=None).where(
        Outgoing.id == number
    ).execute()


def postpone(number: int, *, due: datetime, error: str | None) -> None:
    """The channel did not take it: try again at `due`; people can see `error` meanwhile."""
    Outgoing.update(due=due, claimed=None, error=error).where(Outgoing.id == number).execute()


def give_up(number: int, *, error: str, now: datetime) -> None:
    """The channel will not take it: people can see that, and why."""
    Outgoing.update(state="failed", settled=now, claimed=None, error=error).where(
        Outgoing.id == number
    ).execute()


def abandon(known_channels: Collection[str], *, now: datetime) -> int:
    """Give up what is owed to channels that are no longer configured; return how many."""
    gone: int = (
        Outgoing.update(
            state="failed", settled=now, claimed=None, error="the channel is no longer in the configuration"
        )
        .where(Outgoing.state == "pending", Outgoing.channel.not_in(list(known_channels)))
        .execute()
    )
    return gone


def next_due(channel: str) -> datetime | None:
    """Return when the next message of a channel is due, claimed ones left out."""
    first = (
        Outgoing.select(Outgoing.due)
        .where(Outgoing.channel == channel, Outgoing.state == "pending", Outgoing.claimed.is_null())
        .order_by(Outgoing.due)
        .first()
    )
    return first.due if first else None


def sent_since(channel: str, since: datetime) -> int:
    """Return how many messages a channel took from `since` on, for its hourly ceiling."""
    count: int = (
        Outgoing.select()
        .where(Outgoing.channel == channel, Outgoing.state == "sent", Outgoing.settled >= since)
        .count()
    )
    return count


def history(issue: int, *, limit: int = 50) -> list[Notification]:
    """Return what people were told of an issue, or are about to be, newest first."""
    query = Outgoing.select().where(Outgoing.issue == issue).order_by(Outgoing.id.desc()).limit(limit)
    return [_value(row) for row in query]


def pending() -> int:
    """Return how many messages are still owed, over all channels."""
    count: int = Outgoing.select().where(Outgoing.state == "pending").count()
    return count


def _value(row: Outgoing) -> Notification:
    return Notification(
        id=row.id,
        issue=row.issue_id,
        event=row.event_id,
        channel=row.channel,
        reason=Reason(row.reason),
        why=row.why,
        created=row.created,
        due=row.due,
        attempts=row.attempts,
        state=row.state,
        error=row.error,
        settled=row.settled,
    )
