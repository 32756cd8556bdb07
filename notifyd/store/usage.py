"""What was received, refused, digested …: figures kept by increments, across processes.

Each process adds up in its own Tally and writes the sums now and then; hour 0 holds the
total since the installation began. Names and details come from code and configuration,
never from an event, so their number is bounded.
"""

from __future__ import annotations

import threading
from datetime import datetime

from notifyd.store.database import many, micros, sql
from notifyd.store.issues import HOUR

TOTAL = 0  # the hour under which totals are kept

Sums = dict[tuple[str, int, str], int]


class Tally:
    """Sums that were not written yet; any thread may add."""

    def __init__(self) -> None:
        self._sums: Sums = {}
        self._lock = threading.Lock()

    def add(self, what: str, *, project: int = 0, detail: str = "", n: int = 1) -> None:
        """Count `n` more of `what`."""
        place = (what, project, detail)
        with self._lock:
            self._sums[place] = self._sums.get(place, 0) + n

    def drain(self) -> Sums:
        """Return the sums and start anew; give them back with `restore` if writing fails."""
        with self._lock:
            sums, self._sums = self._sums, {}
        return sums

    def restore(self, sums: Sums) -> None:
        """Take back sums that could not be written."""
        for (what, project, detail), n in sums.items():
            self.add(what, project=project, detail=detail, n=n)

    def peek(self) -> Sums:
        """Return a copy of the sums not written yet."""
        with self._lock:
            return dict(self._sums)


def write(sums: Sums, *, now: datetime) -> None:
    """Add `sums` to this hour and to the totals; one transaction if the caller opens none."""
    hour = micros(now) // HOUR
    many(
        "INSERT INTO usage (hour, what, project, detail, n) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (hour, what, project, detail) DO UPDATE SET n = n + excluded.n",
        [
            (at, what, project, detail, n)
            for (what, project, detail), n in sums.items()
            for at in (TOTAL, hour)
        ],
    )


def totals() -> list[tuple[str, int, str, int]]:
    """Return (what, project, detail, n) since the installation began."""
    rows = sql("SELECT what, project, detail, n FROM usage WHERE hour = ?", (TOTAL,))
    return list(rows.fetchall())


def forget_before(moment: datetime) -> None:
    """Delete the hours before `moment`; totals stay."""
    sql("DELETE FROM usage WHERE hour < ? AND hour != ?", (micros(moment) // HOUR, TOTAL))
