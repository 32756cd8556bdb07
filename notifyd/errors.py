"""What can go wrong, as sentences for the person who can fix it.

Every error a user may see is a NotifydError. The edges turn them into an exit status
(`cli`) or a response (`web/errors.py`); nothing else decides how an error is shown.
"""

from __future__ import annotations


class NotifydError(Exception):
    """Something went wrong that its reader can fix; `str()` says what and how."""


class ConfigError(NotifydError):
    """The configuration cannot be used.

    Attributes:
        problems: every problem found, each naming file, line, key and what was expected.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DataFolderBusy(NotifydError):
    """Another notifyd runs on this data folder."""


class NotFound(NotifydError):
    """There is no such issue, project, channel or page."""


class BadEvent(NotifydError):
    """A payload cannot be read as an event at all; odd parts of one never raise."""


class SpoolFull(NotifydError):
    """The spool has reached its bound; the client must hold back."""


class RequestRefused(NotifydError):
    """A request is answered with an error status instead of being taken.

    Attributes:
        status: the HTTP status of the answer.
        reason: one word for counters, e.g. `too_large`.
    """

    status = 400
    reason = "malformed"


class MalformedBody(RequestRefused):
    """The body is not what its path and encoding say."""


class BodyTooLarge(RequestRefused):
    """The body, as sent or decompressed, is over its limit."""

    status = 413
    reason = "too_large"


class UnknownEncoding(RequestRefused):
    """The Content-Encoding is one that no Sentry client sends."""

    status = 415
    reason = "encoding"


class MissingAuth(RequestRefused):
    """No key, a malformed one, or two that differ."""

    status = 401
    reason = "auth"


class WrongKey(RequestRefused):
    """The key does not belong to an enabled project with this id."""

    status = 403
    reason = "auth"


class NoSuchProject(RequestRefused):
    """The project id in the path is not a project id at all."""

    status = 404
    reason = "project"
