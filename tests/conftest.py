"""What tests share: a store of their own, a moment, and waiting for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from notifyd.store import database

T = TypeVar("T")
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A real, migrated database file, connected in this thread."""
    path = tmp_path / "notifyd.db"
    database.open_(path)
    database.migrate()
    with database.connection():
        yield path


def until(condition: Callable[[], T], *, seconds: float = 20) -> T:
    """Wait for a condition to hold, with a deadline, and return what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {condition}")
        time.sleep(0.02)
