"""The store: issues are found, changed by people, and what is owed is owed once."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from conftest import HOUR, NOON

from notifyd import codec
from notifyd.errors import NotFound, NotifydError
from notifyd.event import Verdict
from notifyd.issue import Issue, Reason
from notifyd.store import actions, database, events, issues, models, outbox, positions, sessions, usage

SILENT = ["connection"]


def new_issue(key: str = "1:abc", **state: object) -> Issue:
    values = {
        "id": 0,
        "project": 1,
        "key": key,
        "kind": "programming",
        "title": "ValueError: boo",
        "culprit": "shop.cart in total",
        "level": "error",
        "platform": "python",
        "environment": "production",
        "first_release": "1",
        "last_release": "1",
        "first_seen": NOON,
        "last_seen": NOON,
        "count": 1,
        "verdict": Verdict(kind="programming", rule="default", evidence="nothing matched"),
    }
    return issues.insert(Issue(**{**values, **state}))  # type: ignore[arg-type]


def event(number: int, payload: bytes = b"{}") -> events.Incoming:
    return events.Incoming(1, f"{number:032x}", NOON, "k" * 32, "sdk/1", None, codec.compress(payload))


def test_models_and_migrated_schema_are_the_same(store: Path):
    for model in models.ALL:
        expected = {field.column_name for field in model._meta.sorted_fields}
        columns = database.sql(f"PRAGMA table_info({model._meta.table_name})").fetchall()
        assert {column[1] for column in columns} == expected


def test_migrating_twice_changes_nothing(store: Path):
    database.migrate()


def test_a_database_of_a_newer_version_is_refused_with_its_remedy(store: Path):
    database.sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")

    with pytest.raises(NotifydError, match="newer notifyd"):
        database.migrate()


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "notifyd.db"
    path.write_bytes(b"this is not a database at all" * 200)
    database.open_(path)

    with pytest.raises(NotifydError, match="cannot be used"):
        database.migrate()


def test_an_issue_is_found_by_its_key_and_comes_back_as_it_went_in(store: Path):
    issue = new_issue(told_at=NOON)

    assert issues.by_key(1, "programming", "1:abc") == issue == issues.get(issue.id)
    assert issues.by_key(1, "connection", "1:abc") is None
    assert issues.by_key(2, "programming", "1:abc") is None


def test_an_unknown_issue_is_an_error_with_its_number(store: Path):
    with pytest.raises(NotFound, match="no issue 99"):
        issues.get(99)


def test_tabs_part_the_issues(store: Path):
    shown = new_issue("1:a")
    silent = new_issue("1:b", kind="connection")
    muted = new_issue("1:c", muted=True)
    resolved = new_issue("1:d", status="resolved")

    found = {
        tab: [i.id for i in issues.find(tab=tab, silent_kinds=SILENT)]
        for tab in issues.counts(silent_kinds=[])
    }

    assert found == {
        "open": [shown.id],
        "silent": [silent.id],
        "muted": [muted.id],
        "resolved": [resolved.id],
    }
    assert issues.counts(silent_kinds=SILENT) == {"open": 1, "silent": 1, "muted": 1, "resolved": 1}
    assert issues.counts(silent_kinds=SILENT, project=2)["open"] == 0


def test_search_takes_all_words_literally(store: Path):
    one = new_issue("1:a", title="KeyError: '100%_done'")
    new_issue("1:b", title="KeyError: 'other'")

    def search(words: str) -> list[int]:
        return [issue.id for issue in issues.find(tab="open", silent_kinds=SILENT, words=words)]

    assert search("keyerror 100%_") == [one.id]
    assert search("% %") == [one.id]
    assert search("cart keyerror") == search("")


def test_pages_follow_each_other_without_gap_or_repeat(store: Path):
    made = [new_issue(f"1:{n}", last_seen=NOON + timedelta(seconds=n // 3)) for n in range(20)]
    seen: list[int] = []
    before: tuple[datetime, int] | None = None
    while page := issues.find(tab="open", silent_kinds=SILENT, limit=7, before=before):
        seen += [issue.id for issue in page]
        before = (page[-1].last_seen, page[-1].id)

    assert sorted(seen) == sorted(issue.id for issue in made)
    assert len(seen) == len(set(seen))


def test_occurrences_add_up_by_the_hour(store: Path):
    issue = new_issue()
    issues.add_hourly([(issue.id, NOON), (issue.id, NOON + HOUR / 2), (issue.id, NOON + HOUR)])
    issues.add_hourly([(issue.id, NOON + HOUR)])

    assert issues.per_hour(issue.id, NOON) == [(NOON, 2), (NOON + HOUR, 2)]


def test_people_change_an_issue_and_every_step_is_remembered(store: Path):
    issue = new_issue()
    actions.mute(issue.id, actor="ada", now=NOON, until=NOON + HOUR)
    actions.unmute(issue.id, actor="ada", now=NOON)
    assert actions.resolve(issue.id, actor="bob", now=NOON).status == "resolved"
    assert actions.reopen(issue.id, actor="bob", now=NOON).resolved_at is None

    assert [(a.verb, a.actor) for a in actions.history(issue.id)] == [
        ("reopen", "bob"),
        ("resolve", "bob"),
        ("unmute", "ada"),
        ("mute", "ada"),
    ]
    with pytest.raises(NotFound):
        actions.resolve(999, actor="bob", now=NOON)


def test_an_event_is_new_once_per_project(store: Path):
    issue = new_issue()

    assert events.first_time(1, "a" * 32, now=NOON)
    assert not events.first_time(1, "a" * 32, now=NOON)
    assert events.first_time(2, "a" * 32, now=NOON)

    events.keep(issue.id, event(5), "first")
    events.forget_seen(now=NOON + 2 * HOUR)
    assert events.first_time(1, "a" * 32, now=NOON + 2 * HOUR), "forgotten after an hour"
    assert not events.first_time(1, f"{5:032x}", now=NOON + 2 * HOUR), "known while it is kept"


def test_thinning_keeps_the_first_the_turning_points_and_the_newest(store: Path):
    issue = new_issue()
    events.keep(issue.id, event(0), "first")
    events.keep(issue.id, event(1), "regression")
    for number in range(2, 20):
        events.keep(issue.id, event(number), "sample")
    events.thin(issue.id, limit=5)

    kept = [(int(event_id, 16), why) for event_id, _, why in events.listing(issue.id)]
    assert kept == [(19, "sample"), (18, "sample"), (17, "sample"), (1, "regression"), (0, "first")]


def test_a_kept_event_comes_back_with_its_payload(store: Path):
    issue = new_issue()
    row = events.keep(issue.id, event(1, b'{"a": 1}'), "first")

    stored = events.latest(issue.id)
    assert stored is not None
    assert stored.payload == b'{"a": 1}'
    assert events.by_id(row) == stored == events.get(issue.id, f"{1:032x}")
    assert events.get(issue.id, "f" * 32) is None


def owed(channel: str = "mail", due: datetime = NOON) -> int:
    issue = new_issue(f"1:{channel}{due}")
    outbox.put(issue.id, None, channel, Reason.NEW, "route 1", now=due)
    return issue.id


def test_a_message_is_claimed_once_and_again_after_its_lease(store: Path):
    owed()

    first = outbox.claim("mail", now=NOON)
    assert first is not None
    assert first.attempts == 1
    assert outbox.claim("mail", now=NOON) is None
    assert outbox.claim("slack", now=NOON) is None
    again = outbox.claim("mail", now=NOON + outbox.LEASE + timedelta(seconds=1))
    assert again is not None
    assert again.attempts == 2


def test_messages_go_in_the_order_in_which_they_are_due(store: Path):
    owed("mail", NOON + HOUR)
    early = owed("mail", NOON)

    claimed = outbox.claim("mail", now=NOON + 2 * HOUR)
    assert claimed is not None
    assert claimed.issue == early
    assert outbox.next_due("mail") == NOON + HOUR
    assert outbox.next_due("slack") is None


def test_a_message_that_failed_waits_and_shows_why(store: Path):
    issue = owed()
    claimed = outbox.claim("mail", now=NOON)
    assert claimed is not None
    outbox.postpone(claimed.id, due=NOON + HOUR, error="refused")

    assert outbox.claim("mail", now=NOON) is None
    assert outbox.history(issue)[0].error == "refused"
    retried = outbox.claim("mail", now=NOON + HOUR)
    assert retried is not None
    outbox.settle(retried.id, now=NOON + HOUR)
    settled = outbox.history(issue)[0]
    assert (settled.state, settled.error, settled.settled) == ("sent", None, NOON + HOUR)
    assert outbox.sent_since("mail", NOON) == 1
    assert outbox.sent_since("mail", NOON + 2 * HOUR) == 0
    assert outbox.pending() == 0


def test_what_is_owed_to_a_channel_that_left_fails_visibly(store: Path):
    issue = owed("gone")
    owed("mail")

    assert outbox.abandon(["mail"], now=NOON) == 1
    assert outbox.history(issue)[0].state == "failed"
    assert outbox.pending() == 1


def test_figures_add_up_across_processes_and_hours(store: Path):
    one, other = usage.Tally(), usage.Tally()
    one.add("received", project=1, n=2)
    other.add("received", project=1)
    usage.write(one.drain(), now=NOON)
    usage.write(other.drain(), now=NOON + HOUR)
    usage.forget_before(NOON + 3 * HOUR)

    assert usage.totals() == [("received", 1, "", 3)]
    assert one.drain() == {}


def test_a_tally_takes_back_what_could_not_be_written():
    tally = usage.Tally()
    tally.add("received")
    sums = tally.drain()
    tally.add("received")
    tally.restore(sums)

    assert tally.peek() == {("received", 0, ""): 2}


def test_a_spool_position_is_kept_by_the_identity_of_the_spool(store: Path):
    assert positions.of("abc") == 0
    positions.save("abc", 5, now=NOON)
    positions.save("abc", 9, now=NOON)

    assert positions.of("abc") == 9
    assert positions.of("def") == 0


def test_only_the_newest_few_hundred_are_set_aside(store: Path):
    many = [positions.Aside(1, f"{n:032x}", NOON, "odd", b"") for n in range(positions.ASIDE_AT_MOST + 20)]
    positions.set_aside(many)

    kept = positions.aside()
    assert len(kept) == positions.ASIDE_AT_MOST
    assert kept[0].event_id == many[-1].event_id


def test_a_session_opens_with_its_token_until_it_ends(store: Path):
    token = sessions.create("ada", now=NOON)

    session = sessions.user_of(token, now=NOON)
    assert session is not None
    assert session.user == "ada"
    assert sessions.user_of("x" * 43, now=NOON) is None
    assert sessions.user_of(token, now=NOON + sessions.LIFETIME) is None
    assert token not in str(database.sql("SELECT * FROM session").fetchall())
    sessions.end(token)
    assert sessions.user_of(token, now=NOON) is None


def test_an_issue_not_seen_for_long_goes_with_all_that_hangs_on_it(store: Path):
    issue = new_issue(last_seen=NOON)
    fresh = new_issue("1:fresh", last_seen=NOON + 10 * HOUR)
    row = events.keep(issue.id, event(1), "first")
    outbox.put(issue.id, row, "mail", Reason.NEW, "route 1", now=NOON)
    actions.resolve(issue.id, actor="ada", now=NOON)

    assert issues.forget_before(NOON + HOUR) == 1
    for table in ("event", "notification", "action", "grouping"):
        assert database.sql(f"SELECT count(*) FROM {table} WHERE issue_id = ?", (issue.id,)).fetchone() == (
            0,
        )
    assert issues.get(fresh.id) == fresh


def test_a_number_of_a_deleted_issue_is_never_given_again(store: Path):
    issue = new_issue(last_seen=NOON)
    issues.forget_before(NOON + HOUR)

    assert new_issue().id > issue.id


def test_a_transaction_that_fails_leaves_nothing(store: Path):
    issue = new_issue()
    with pytest.raises(sqlite3.IntegrityError), database.db.atomic():  # noqa: PT012
        issues.update(msgspec.structs.replace(issue, count=99))
        database.many("INSERT INTO hourly (issue_id, hour, n) VALUES (?, 1, 1)", [(12345,)])

    assert issues.get(issue.id).count == 1
