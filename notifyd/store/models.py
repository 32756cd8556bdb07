"""Every table: what a row means and when it goes.

`migrations/` makes the tables; a test holds these models and the migrated schema the same.
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from notifyd.store.database import Moment, Table


class IssueRow(Table):
    """One issue; it goes when nothing of it was seen for `storage.max_age`."""

    id = AutoField()
    project = IntegerField()
    key = TextField()
    kind = TextField()
    status = TextField()
    resolved_at = Moment(null=True)
    muted = BooleanField()
    muted_until = Moment(null=True)
    title = TextField()
    culprit = TextField(null=True)
    level = TextField()
    platform = TextField()
    environment = TextField(null=True)
    first_release = TextField(null=True)
    last_release = TextField(null=True)
    first_seen = Moment()
    last_seen = Moment()
    count = IntegerField()
    verdict = TextField()  # JSON of event.Verdict
    told_at = Moment(null=True)
    regressions = IntegerField()

    class Meta:
        table_name = "issue"
        indexes = ((("status", "last_seen"), False), (("project", "status", "last_seen"), False))


class Grouping(Table):
    """Which issue a key belongs to; several keys may come to share one. Goes with its issue."""

    project = IntegerField()
    kind = TextField()
    key = TextField()
    issue = ForeignKeyField(IssueRow, on_delete="CASCADE")

    class Meta:
        primary_key = CompositeKey("project", "kind", "key")


class EventRow(Table):
    """An event that was kept: the first, those at a turning point, the newest few.

    A sample goes when `storage.events_per_issue` newer ones are there, the rest with the issue.
    """

    id = AutoField()
    issue = ForeignKeyField(IssueRow, on_delete="CASCADE")
    project = IntegerField()
    event_id = TextField()
    received = Moment(index=True)
    kept = TextField()
    public_key = TextField()
    client = TextField(null=True)
    remote = TextField(null=True)
    payload = BlobField()  # codec.compress of the JSON as it came

    class Meta:
        table_name = "event"
        indexes = ((("project", "event_id"), True),)


class Seen(Table):
    """An event id met within the last hour, so that a repeated delivery counts once."""

    id = IntegerField(primary_key=True)  # 64 bits of a hash over project and event id
    minute = IntegerField()


class Hourly(Table):
    """How often an issue was seen in an hour; goes with its issue."""

    issue = ForeignKeyField(IssueRow, on_delete="CASCADE")
    hour = IntegerField()  # hours since 1970-01-01 UTC
    n = IntegerField()

    class Meta:
        primary_key = CompositeKey("issue", "hour")


class Usage(Table):
    """What was received, refused, discarded … in an hour; hour 0 holds the total and stays."""

    hour = IntegerField()
    what = TextField()
    project = IntegerField()
    detail = TextField()
    n = IntegerField()

    class Meta:
        primary_key = CompositeKey("hour", "what", "project", "detail")


class ActionRow(Table):
    """Something a person decided about an issue; goes with it."""

    id = AutoField()
    issue = ForeignKeyField(IssueRow, on_delete="CASCADE")
    at = Moment()
    actor = TextField()
    verb = TextField()
    until = Moment(null=True)

    class Meta:
        table_name = "action"


class Outgoing(Table):
    """One notification owed to one channel; kept when settled, as the history of the issue."""

    id = AutoField()
    issue = ForeignKeyField(IssueRow, on_delete="CASCADE")
    event = ForeignKeyField(EventRow, null=True, on_delete="SET NULL")
    channel = TextField()
    reason = TextField()
    why = TextField()
    created = Moment()
    due = Moment()
    claimed = Moment(null=True)
    attempts = IntegerField()
    state = TextField()
    error = TextField(null=True)
    settled = Moment(null=True)

    class Meta:
        table_name = "notification"
        indexes = ((("channel", "state", "due"), False), (("channel", "settled"), False))


class SetAside(Table):
    """A record that could not be digested, with the reason; the newest few hundred stay."""

    id = AutoField()
    project = IntegerField()
    event_id = TextField()
    received = Moment()
    reason = TextField()
    payload = BlobField()

    class Meta:
        table_name = "set_aside"


class SpoolPosition(Table):
    """Up to where a spool was digested, written in the transaction that digested it."""

    spool = TextField(primary_key=True)  # the spool's own identity, not its file name
    position = IntegerField()
    at = Moment()

    class Meta:
        table_name = "spool_position"


class SessionRow(Table):
    """A login; only the hash of its token is kept, so a stolen database opens nothing."""

    token_hash = TextField(primary_key=True)
    user = TextField()
    csrf = TextField()
    created = Moment()
    expires = Moment()

    class Meta:
        table_name = "session"


ALL = (
    IssueRow,
    Grouping,
    EventRow,
    Seen,
    Hourly,
    Usage,
    ActionRow,
    Outgoing,
    SetAside,
    SpoolPosition,
    SessionRow,
)
