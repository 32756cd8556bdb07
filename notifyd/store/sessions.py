"""Logins: who holds which session, until when."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec

from notifyd.store.models import SessionRow

LIFETIME = timedelta(days=30)


class Session(msgspec.Struct, frozen=True):
    """A login that holds: its user, and the token that forms must carry."""

    user: str
    csrf: str


def create(user: str, *, now: datetime) -> str:
    """Begin a session and return its token, which is not kept: only its hash is."""
    token = secrets.token_urlsafe(32)
    SessionRow.insert(
        token_hash=_hash(token),
        user=user,
        csrf=secrets.token_urlsafe(32),
        created=now,
        expires=now + LIFETIME,
    ).execute()
    return token


def user_of(token: str, *, now: datetime) -> Session | None:
    """Return the session a token opens, or None."""
    row = SessionRow.get_or_none((SessionRow.token_hash == _hash(token)) & (SessionRow.expires > now))
    return Session(row.user, row.csrf) if row else None


def end(token: str) -> None:
    """Log out."""
    SessionRow.delete().where(SessionRow.token_hash == _hash(token)).execute()


def end_all(user: str) -> None:
    """End every session of a user."""
    SessionRow.delete().where(SessionRow.user == user).execute()


def forget_expired(*, now: datetime) -> None:
    """Delete the sessions that no longer hold."""
    SessionRow.delete().where(SessionRow.expires <= now).execute()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
