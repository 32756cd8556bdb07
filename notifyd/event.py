"""The event: one report of an SDK, in the one shape that the rest of notifyd sees.

Whatever an SDK sent, of whatever age (`normalise` reads it), these are the only shapes:
every field is there and has its type, text is bounded and free of NUL and lone surrogates,
lists are bounded, and moments are aware UTC. Values only: nothing here reads or decides.

Source of the fields: https://develop.sentry.dev/sdk/data-model/event-payloads/
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Level = Literal["debug", "info", "warning", "error", "fatal"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all values of an event have in common: immutable, defaults left out of JSON."""


class Frame(Value, frozen=True):
    """One call on the stack; the outermost comes first and the crash last."""

    function: str | None = None
    module: str | None = None
    filename: str | None = None
    abs_path: str | None = None
    package: str | None = None
    lineno: int | None = None
    colno: int | None = None
    in_app: bool = False  # decided by path and platform where the SDK did not say
    context_line: str | None = None
    pre_context: tuple[str, ...] = ()  # only in a full reading
    post_context: tuple[str, ...] = ()  # only in a full reading
    vars: dict[str, Any] = {}  # only in a full reading


class Mechanism(Value, frozen=True):
    """How an exception was caught, and its place in a group of exceptions."""

    type: str = "generic"
    handled: bool | None = None
    synthetic: bool = False  # the exception's type means nothing
    description: str | None = None
    source: str | None = None  # e.g. "__cause__", "cause", "errors[0]"
    exception_id: int | None = None
    parent_id: int | None = None
    is_exception_group: bool = False
    meta: dict[str, Any] = {}  # errno, signal, mach_exception, ns_error
    data: dict[str, Any] = {}


class Thrown(Value, frozen=True):
    """One exception of the chain."""

    type: str | None = None
    value: str | None = None
    module: str | None = None
    mechanism: Mechanism | None = None
    frames: tuple[Frame, ...] = ()


class LogEntry(Value, frozen=True):
    """A logged message: its template and what it reads like when filled in."""

    message: str | None = None  # the template; None when only the finished text was sent
    formatted: str | None = None
    params: list[Any] | dict[str, Any] | None = None


class Breadcrumb(Value, frozen=True):
    """Something that happened before the event."""

    timestamp: datetime | None = None
    type: str = "default"
    category: str | None = None
    level: str = "info"
    message: str | None = None
    data: dict[str, Any] = {}


class Request(Value, frozen=True):
    """The HTTP request that was being served (servers) or the page (browsers)."""

    url: str | None = None  # without query and fragment
    method: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    data: Any = None
    env: dict[str, Any] = {}


class Sdk(Value, frozen=True):
    """The client that sent the event."""

    name: str | None = None
    version: str | None = None


class Event(Value, frozen=True):
    """One report.

    A full reading fills every field. The reading that digesting needs leaves out what only
    people look at: breadcrumbs, user, extra, modules, `Request` beyond its url and method,
    and the source lines around a frame and its variables.
    """

    event_id: str  # 32 lowercase hex digits
    timestamp: datetime
    received: datetime
    platform: str = "other"
    level: Level = "error"
    title: str = "(no message)"  # one line: type and value, or the message
    culprit: str | None = None  # where it happened, for people: module.function or transaction
    exceptions: tuple[Thrown, ...] = ()  # oldest cause first; the last was thrown or caught
    stack: tuple[Frame, ...] = ()  # of a message or a crashed thread, where no exception has one
    logentry: LogEntry | None = None
    logger: str | None = None
    release: str | None = None
    dist: str | None = None
    environment: str | None = None
    transaction: str | None = None
    server_name: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    fingerprint: tuple[str, ...] | None = None
    request: Request | None = None
    contexts: dict[str, dict[str, Any]] = {}
    sdk: Sdk = Sdk()
    breadcrumbs: tuple[Breadcrumb, ...] = ()
    user: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    modules: dict[str, str] = {}
    dropped: tuple[str, ...] = ()  # paths of what was wrong in the payload and left out


class Verdict(Value, frozen=True):
    """What sort of trouble an event is, and the rule and evidence that decided.

    `rule` is the name of a `[[rule]]` of the configuration, of an entry of the catalogue, or
    `default` when nothing matched: an unknown error is a programming error.
    """

    kind: str  # programming, connection, interrupted, client, or a team's own
    rule: str
    source: str = ""  # file:line of the rule; empty for `default`
    evidence: str = ""  # which exception of the chain or which words, in a sentence
