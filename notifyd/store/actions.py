"""What people decide about an issue: an append-only history and its effect on the state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from notifyd.issue import Action, Issue, Verb
from notifyd.store import issues
from notifyd.store.database import db
from notifyd.store.models import ActionRow


def resolve(issue: int, *, actor: str, now: datetime) -> Issue:
    """The trouble is mended: seen again, it is a regression and people are told."""
    changes = {"status": "resolved", "resolved_at": now, "muted": False, "muted_until": None}
    return _act(issue, "resolve", changes, actor=actor, now=now)


def reopen(issue: int, *, actor: str, now: datetime) -> Issue:
    """The trouble is not mended after all."""
    return _act(issue, "reopen", {"status": "open", "resolved_at": None}, actor=actor, now=now)


def mute(issue: int, *, actor: str, now: datetime, until: datetime | None) -> Issue:
    """Count it, but say nothing until `until` (None: until somebody unmutes it)."""
    changes = {"muted": True, "muted_until": until}
    return _act(issue, "mute", changes, actor=actor, now=now, until=until)


def unmute(issue: int, *, actor: str, now: datetime) -> Issue:
    """Speak of it again."""
    return _act(issue, "unmute", {"muted": False, "muted_until": None}, actor=actor, now=now)


def history(issue: int, *, limit: int = 50) -> list[Action]:
    """Return what people decided about an issue, newest first."""
    query = ActionRow.select().where(ActionRow.issue == issue).order_by(ActionRow.id.desc()).limit(limit)
    return [Action(at=row.at, actor=row.actor, verb=row.verb, until=row.until) for row in query]


def _act(
    number: int,
    verb: Verb,
    changes: dict[str, Any],
    *,
    actor: str,
    now: datetime,
    until: datetime | None = None,
) -> Issue:
    with db.atomic():
        issue = msgspec.structs.replace(issues.get(number), **changes)
        issues.update(issue)
        ActionRow.insert(issue=number, at=now, actor=actor, verb=verb, until=until).execute()
    return issue
