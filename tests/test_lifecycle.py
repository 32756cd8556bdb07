"""When people hear of an issue: first occurrence and regression, once, and never in between."""

from __future__ import annotations

from datetime import datetime

import msgspec
from conftest import HOUR, NOON

from notifyd.event import Event, Verdict
from notifyd.issue import Issue, Reason
from notifyd.lifecycle import Sighting, observe


def sighting(at: datetime = NOON, count: int = 1, release: str | None = None) -> Sighting:
    event = Event(event_id="0" * 32, timestamp=at, received=at, title="ValueError: boo", release=release)
    verdict = Verdict(kind="programming", rule="default")
    return Sighting(project=1, key="1:abc", verdict=verdict, event=event, first=at, last=at, count=count)


def known(**state: object) -> Issue:
    issue, _ = observe(None, sighting(), tells=True, now=NOON)
    return msgspec.structs.replace(issue, **{"id": 3, "told_at": NOON, **state})  # type: ignore[arg-type]


def test_a_new_issue_is_told():
    issue, reason = observe(None, sighting(count=3), tells=True, now=NOON)

    assert reason is Reason.NEW
    assert (issue.count, issue.title, issue.status) == (3, "ValueError: boo", "open")


def test_a_new_issue_of_a_silent_kind_is_recorded_and_not_told():
    issue, reason = observe(None, sighting(), tells=False, now=NOON)

    assert reason is None
    assert issue.count == 1


def test_the_same_again_is_only_counted():
    issue, reason = observe(known(), sighting(NOON + HOUR, count=9, release="2"), tells=True, now=NOON + HOUR)

    assert reason is None
    assert (issue.count, issue.last_seen, issue.last_release) == (10, NOON + HOUR, "2")


def test_a_resolved_issue_seen_again_is_a_regression_and_open():
    before = known(status="resolved", resolved_at=NOON)

    issue, reason = observe(before, sighting(NOON + HOUR), tells=True, now=NOON + HOUR)

    assert reason is Reason.REGRESSION
    assert (issue.status, issue.resolved_at, issue.regressions) == ("open", None, 1)


def test_an_event_received_before_the_resolve_does_not_reopen():
    before = known(status="resolved", resolved_at=NOON + HOUR)

    issue, reason = observe(before, sighting(NOON), tells=True, now=NOON + HOUR)

    assert reason is None
    assert (issue.status, issue.count) == ("resolved", 2)


def test_a_regression_of_a_muted_issue_reopens_it_silently():
    before = known(status="resolved", resolved_at=NOON, muted=True)

    issue, reason = observe(before, sighting(NOON + HOUR), tells=True, now=NOON + HOUR)

    assert reason is None
    assert issue.status == "open"


def test_a_mute_ends_at_its_time():
    before = known(muted=True, muted_until=NOON + HOUR, told_at=None)

    during = observe(before, sighting(NOON), tells=True, now=NOON)
    after = observe(before, sighting(NOON + HOUR), tells=True, now=NOON + HOUR)

    assert (during[0].muted, during[1]) == (True, None)
    assert (after[0].muted, after[1]) == (False, Reason.NEW)


def test_an_issue_nobody_could_be_told_of_is_told_when_next_seen():
    issue, reason = observe(known(told_at=None), sighting(), tells=True, now=NOON)

    assert reason is Reason.NEW


def test_an_event_of_long_ago_moves_no_figure_backwards():
    long_ago = datetime.fromtimestamp(1_400_000_000, tz=NOON.tzinfo)

    issue, _ = observe(known(), sighting(long_ago), tells=True, now=NOON)

    assert issue.last_seen == NOON
    assert issue.first_seen == long_ago
