"""Decide what an issue becomes when it is seen again, and whether people hear of it.

People are told of a new issue and of one that comes back, once; everything else is counted.
Silence always has a cause that can be shown: the kind's policy, a mute, or that they know.
Pure: moments and policies come in, a new state and a reason go out.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from notifyd.event import Event, Verdict
from notifyd.issue import Issue, Reason


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """Events with one key and kind that were digested together."""

    project: int
    key: str
    verdict: Verdict  # of the latest of them
    event: Event  # the latest
    first: datetime  # received
    last: datetime  # received
    count: int


def observe(
    issue: Issue | None, sighting: Sighting, *, tells: bool, now: datetime
) -> tuple[Issue, Reason | None]:
    """Return the issue as it is after a sighting, and why people should hear of it, if they should.

    An issue resolved after these events came in stays resolved: they are the trouble that was
    mended, digested late. Whoever sends the message sets `told_at` when some channel is owed
    it: an issue that no channel was there for is told of when it is next seen.

    Args:
        issue: what is known of it; None if it is new, and then the one returned has id 0.
        sighting: what was seen.
        tells: whether the policy of its kind is to tell people.
        now: decides whether a mute still holds.
    """
    if issue is None:
        return _new(sighting), Reason.NEW if tells else None
    seen = _counted(issue, sighting)
    if seen.muted and seen.muted_until is not None and seen.muted_until <= now:
        seen = msgspec.structs.replace(seen, muted=False, muted_until=None)
    reason: Reason | None = None
    if seen.status == "resolved" and (seen.resolved_at is None or sighting.last > seen.resolved_at):
        reason = Reason.REGRESSION
        seen = msgspec.structs.replace(
            seen, status="open", resolved_at=None, regressions=seen.regressions + 1
        )
    elif seen.status == "open" and seen.told_at is None:
        reason = Reason.NEW
    return seen, reason if tells and not seen.muted else None


def _new(sighting: Sighting) -> Issue:
    event = sighting.event
    return Issue(
        id=0,
        project=sighting.project,
        key=sighting.key,
        kind=sighting.verdict.kind,
        title=event.title,
        culprit=event.culprit,
        level=event.level,
        platform=event.platform,
        environment=event.environment,
        first_release=event.release,
        last_release=event.release,
        first_seen=sighting.first,
        last_seen=sighting.last,
        count=sighting.count,
        verdict=sighting.verdict,
    )


def _counted(issue: Issue, sighting: Sighting) -> Issue:
    """Add what was seen; title and place stay those that people know the issue by."""
    event = sighting.event
    return msgspec.structs.replace(
        issue,
        level=event.level,
        environment=event.environment or issue.environment,
        last_release=event.release or issue.last_release,
        first_seen=min(issue.first_seen, sighting.first),
        last_seen=max(issue.last_seen, sighting.last),
        count=issue.count + sighting.count,
        verdict=sighting.verdict,
    )
