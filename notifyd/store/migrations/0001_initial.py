"""The first schema."""

from typing import Any

TABLES = """
CREATE TABLE issue (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    resolved_at BIGINT,
    muted INTEGER NOT NULL,
    muted_until BIGINT,
    title TEXT NOT NULL,
    culprit TEXT,
    level TEXT NOT NULL,
    platform TEXT NOT NULL,
    environment TEXT,
    first_release TEXT,
    last_release TEXT,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    count INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    told_at BIGINT,
    regressions INTEGER NOT NULL
);
CREATE INDEX issue_status_last_seen ON issue (status, last_seen);
CREATE INDEX issue_project_status_last_seen ON issue (project, status, last_seen);

CREATE TABLE grouping (
    project INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    PRIMARY KEY (project, kind, key)
);
CREATE INDEX grouping_issue_id ON grouping (issue_id);

CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    project INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    received BIGINT NOT NULL,
    kept TEXT NOT NULL,
    public_key TEXT NOT NULL,
    client TEXT,
    remote TEXT,
    payload BLOB NOT NULL
);
CREATE INDEX event_issue_id ON event (issue_id);
CREATE INDEX event_received ON event (received);
CREATE UNIQUE INDEX event_project_event_id ON event (project, event_id);

CREATE TABLE seen (
    id INTEGER NOT NULL PRIMARY KEY,
    minute INTEGER NOT NULL
);

CREATE TABLE hourly (
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    hour INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (issue_id, hour)
);

CREATE TABLE usage (
    hour INTEGER NOT NULL,
    what TEXT NOT NULL,
    project INTEGER NOT NULL,
    detail TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (hour, what, project, detail)
);

CREATE TABLE action (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    until BIGINT
);
CREATE INDEX action_issue_id ON action (issue_id);

CREATE TABLE notification (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    event_id INTEGER REFERENCES event (id) ON DELETE SET NULL,
    channel TEXT NOT NULL,
    reason TEXT NOT NULL,
    why TEXT NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    claimed BIGINT,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL,
    error TEXT,
    settled BIGINT
);
CREATE INDEX notification_issue_id ON notification (issue_id);
CREATE INDEX notification_event_id ON notification (event_id);
CREATE INDEX notification_channel_state_due ON notification (channel, state, due);
CREATE INDEX notification_channel_settled ON notification (channel, settled);

CREATE TABLE set_aside (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    received BIGINT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL
);

CREATE TABLE spool_position (
    spool TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
"""


def up(_migrator: Any, db: Any) -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            db.execute_sql(statement)
