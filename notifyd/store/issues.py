"""Issues: found by their key as events come in, listed and shown to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from peewee import ModelSelect, fn

from notifyd import codec
from notifyd.errors import NotFound
from notifyd.event import Verdict
from notifyd.issue import Issue, Tab
from notifyd.store.database import many, micros, moment, sql
from notifyd.store.models import Grouping, Hourly, IssueRow

HOUR = 3_600_000_000  # microseconds

_FIELDS = tuple(field for field in Issue.__struct_fields__ if field != "id")
_MOMENTS = frozenset({"resolved_at", "muted_until", "first_seen", "last_seen", "told_at"})
_INSERT = f"INSERT INTO issue ({', '.join(_FIELDS)}) VALUES ({', '.join('?' * len(_FIELDS))})"  # noqa: S608
_UPDATE = f"UPDATE issue SET {', '.join(f'{name} = ?' for name in _FIELDS)} WHERE id = ?"  # noqa: S608
_BY_KEY = (
    f"SELECT issue.id, {', '.join(f'issue.{name}' for name in _FIELDS)} "  # noqa: S608
    "FROM grouping JOIN issue ON issue.id = grouping.issue_id "
    "WHERE grouping.project = ? AND grouping.kind = ? AND grouping.key = ?"
)


def by_key(project: int, kind: str, key: str) -> Issue | None:
    """Return the issue that events with this key and kind belong to."""
    row = sql(_BY_KEY, (project, kind, key)).fetchone()
    return _issue(row) if row else None


def insert(issue: Issue) -> Issue:
    """Store a new issue with its key; the one returned has its id."""
    number = int(sql(_INSERT, _columns(issue)).lastrowid)
    Grouping.insert(project=issue.project, kind=issue.kind, key=issue.key, issue=number).execute()
    return msgspec.structs.replace(issue, id=number)


def update(issue: Issue) -> None:
    """Write all of an issue's state; the caller has read it in the same transaction."""
    sql(_UPDATE, (*_columns(issue), issue.id))


def add_hourly(rows: Iterable[tuple[int, datetime]]) -> None:
    """Count one occurrence of an issue for each (issue, when) pair."""
    sums: dict[tuple[int, int], int] = {}
    for issue, when in rows:
        place = (issue, micros(when) // HOUR)
        sums[place] = sums.get(place, 0) + 1
    many(
        "INSERT INTO hourly (issue_id, hour, n) VALUES (?, ?, ?) "
        "ON CONFLICT (issue_id, hour) DO UPDATE SET n = n + excluded.n",
        [(issue, hour, n) for (issue, hour), n in sums.items()],
    )


def get(number: int) -> Issue:
    """Return one issue.

    Raises:
        NotFound: there is none with this number.
    """
    row = IssueRow.get_or_none(IssueRow.id == number)
    if row is None:
        raise NotFound(f"there is no issue {number}")
    return _from_model(row)


def find(
    *,
    tab: Tab,
    silent_kinds: Sequence[str],
    project: int | None = None,
    words: str = "",
    limit: int = 50,
    before: tuple[datetime, int] | None = None,
) -> list[Issue]:
    """Return issues of one tab, those seen last first.

    Args:
        tab: `open` and `silent` part the unresolved ones by whether their kind is told of.
        project: of this project alone.
        silent_kinds: the kinds that the configuration never tells of.
        words: every one must be in the title or culprit, in any case.
        limit: the most to return.
        before: the `last_seen` and id of the last issue of the page before.
    """
    query = _tab(IssueRow.select(), tab, silent_kinds)
    if project is not None:
        query = query.where(IssueRow.project == project)
    for word in words.split()[:10]:
        query = query.where(IssueRow.title.contains(word) | IssueRow.culprit.contains(word))
    if before is not None:
        seen, number = before
        query = query.where(
            (IssueRow.last_seen < seen) | ((IssueRow.last_seen == seen) & (IssueRow.id < number))
        )
    rows = query.order_by(IssueRow.last_seen.desc(), IssueRow.id.desc()).limit(limit)
    return [_from_model(row) for row in rows]


def counts(*, silent_kinds: Sequence[str], project: int | None = None) -> dict[Tab, int]:
    """Return how many issues each tab holds."""
    tabs: tuple[Tab, ...] = ("open", "silent", "muted", "resolved")
    found: dict[Tab, int] = {}
    for tab in tabs:
        query = _tab(IssueRow.select(), tab, silent_kinds)
        found[tab] = (query if project is None else query.where(IssueRow.project == project)).count()
    return found


def counts_by_project() -> list[tuple[int, str, str, int]]:
    """Return (project, kind, status, how many issues), for the metrics."""
    query = IssueRow.select(IssueRow.project, IssueRow.kind, IssueRow.status, fn.COUNT(IssueRow.id))
    return list(query.group_by(IssueRow.project, IssueRow.kind, IssueRow.status).tuples())


def per_hour(issue: int, since: datetime) -> list[tuple[datetime, int]]:
    """Return (start of the hour, occurrences) from `since` on, hours without any left out."""
    query = Hourly.select(Hourly.hour, Hourly.n).where(
        Hourly.issue == issue, Hourly.hour >= micros(since) // HOUR
    )
    return [(moment(hour * HOUR), n) for hour, n in query.order_by(Hourly.hour).tuples()]


def forget_before(moment_: datetime) -> int:
    """Delete the issues last seen before `moment_`, with all that hangs on them."""
    gone: int = IssueRow.delete().where(IssueRow.last_seen < moment_).execute()
    Hourly.delete().where(Hourly.hour < micros(moment_) // HOUR).execute()
    return gone


def _tab(query: ModelSelect, tab: Tab, silent_kinds: Sequence[str]) -> ModelSelect:
    if tab == "resolved":
        return query.where(IssueRow.status == "resolved")
    query = query.where(IssueRow.status == "open")
    if tab == "muted":
        return query.where(IssueRow.muted)
    query = query.where(~IssueRow.muted)
    silent = IssueRow.kind.in_(list(silent_kinds))
    return query.where(silent if tab == "silent" else ~silent)


def _columns(issue: Issue) -> tuple[Any, ...]:
    def column(name: str) -> Any:
        value = getattr(issue, name)
        if name == "verdict":
            return codec.dumps(value)
        return micros(value) if name in _MOMENTS and value is not None else value

    return tuple(column(name) for name in _FIELDS)


def _issue(row: Sequence[Any]) -> Issue:
    values = dict(zip(("id", *_FIELDS), row, strict=True))
    for name in _MOMENTS:
        if values[name] is not None:
            values[name] = moment(values[name])
    return _built(values)


def _from_model(row: IssueRow) -> Issue:
    return _built({name: getattr(row, name) for name in ("id", *_FIELDS)})


def _built(values: dict[str, Any]) -> Issue:
    values["muted"] = bool(values["muted"])
    values["verdict"] = msgspec.json.decode(values["verdict"], type=Verdict)
    return Issue(**values)
