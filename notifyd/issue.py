"""The issue and what is owed about it: the shapes in which the store hands things out.

An issue is all events with one key and one kind; a notification is one message owed to one
channel. Values only: rows stay inside `store/`, decisions are made in `lifecycle`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from notifyd.event import Verdict

Status = Literal["open", "resolved"]
State = Literal["pending", "sent", "failed"]
Kept = Literal["first", "regression", "sample"]
Tab = Literal["open", "silent", "muted", "resolved"]
Verb = Literal["resolve", "reopen", "mute", "unmute"]

OWN_PROJECT = 0  # notifyd's own errors; it has no DSN, so nobody else can write to it
OWN_NAME = "notifyd"


class Reason(StrEnum):
    """Why people are told."""

    NEW = "new"
    REGRESSION = "regression"


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """Events with one key; one trouble in the eyes of its team."""

    id: int
    project: int
    key: str
    kind: str
    status: Status = "open"
    resolved_at: datetime | None = None
    muted: bool = False
    muted_until: datetime | None = None  # muted without it: until somebody unmutes
    title: str
    culprit: str | None
    level: str
    platform: str
    environment: str | None
    first_release: str | None
    last_release: str | None
    first_seen: datetime
    last_seen: datetime
    count: int
    verdict: Verdict  # of the latest event
    told_at: datetime | None = None
    regressions: int = 0


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was kept, as it came; `normalise` reads the payload."""

    id: int
    issue: int
    event_id: str
    received: datetime
    kept: Kept
    key: str  # the public key that brought it
    client: str | None
    remote: str | None
    payload: bytes


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message owed to one channel."""

    id: int
    issue: int
    event: int | None  # StoredEvent.id
    channel: str
    reason: Reason
    why: str  # which route chose the channel
    created: datetime
    due: datetime
    attempts: int
    state: State
    error: str | None
    settled: datetime | None


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person decided about an issue."""

    at: datetime
    actor: str
    verb: Verb
    until: datetime | None
