"""The spool: what was appended is on disk, in order, until it is trimmed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import NOON, until

from notifyd import codec
from notifyd.errors import NotifydError, SpoolFull
from notifyd.spool import Reader, Record, Spool

ROOM = 10_000_000


def record(number: int = 0, payload: bytes = b'{"message": "boo"}') -> Record:
    return Record(
        project=7,
        key="a" * 32,
        event_id=f"{number:032x}",
        received=NOON,
        client="sentry.python/2.75.0",
        remote="192.0.2.1",
        payload=payload,
    )


def append(spool: Spool, *records: Record) -> None:
    async def go() -> None:
        await asyncio.gather(*(spool.append(each) for each in records))

    asyncio.run(go())


def test_what_was_appended_is_read_back_in_order_and_whole(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    append(spool, *(record(number) for number in range(500)))

    reader = Reader(tmp_path / "web-0.db")
    found = reader.after(0, limit=1000, max_bytes=ROOM)
    spool.close()

    assert [stored.event_id for stored in found] == [f"{number:032x}" for number in range(500)]
    assert found[0].received == NOON
    assert (found[0].project, found[0].client, found[0].remote) == (7, "sentry.python/2.75.0", "192.0.2.1")
    assert codec.decompress(found[0].frame) == b'{"message": "boo"}'


def test_a_batch_ends_at_its_count_and_at_its_bytes(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    append(spool, *(record(number, os.urandom(1000)) for number in range(20)))
    spool.close()
    reader = Reader(tmp_path / "web-0.db")

    assert len(reader.after(0, limit=7, max_bytes=ROOM)) == 7
    assert len(reader.after(0, limit=100, max_bytes=5000)) == 5
    assert [stored.position for stored in reader.after(18, limit=100, max_bytes=ROOM)] == [19, 20]


def test_a_reader_hears_of_new_records_and_only_then(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    reader = Reader(tmp_path / "web-0.db")
    assert reader.changed()
    assert not reader.changed()

    append(spool, record())

    assert reader.changed()
    spool.close()


def test_what_was_answered_survives_kill_9(tmp_path: Path):
    path = tmp_path / "web-0.db"
    done_read, done_write = os.pipe()
    child = os.fork()
    if child == 0:  # a web process that dies right after its answer
        spool = Spool(path, max_bytes=ROOM)
        append(spool, *(record(number) for number in range(50)))
        os.write(done_write, b"x")
        signal.pause()
    os.read(done_read, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    assert len(Reader(path).after(0, limit=100, max_bytes=ROOM)) == 50


def test_trimming_lets_go_of_what_was_digested_and_never_reuses_a_position(tmp_path: Path):
    path = tmp_path / "web-0.db"
    spool = Spool(path, max_bytes=ROOM)
    for start in (0, 1500):
        append(spool, *(record(number) for number in range(start, start + 1500)))
    assert spool.pending_bytes > 0

    spool.trim(3000)
    until(lambda: spool.pending_bytes == 0)
    spool.close()
    again = Spool(path, max_bytes=ROOM)
    append(again, record(1))
    again.close()

    assert [stored.position for stored in Reader(path).after(0, limit=10, max_bytes=ROOM)] == [3001]


def test_a_spool_at_its_bound_refuses_and_takes_again_after_trimming(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=2000)
    append(spool, record(1, os.urandom(3000)))
    with pytest.raises(SpoolFull):
        append(spool, record(2))
    assert not spool.offer(record(2))

    spool.trim(1)
    until(lambda: spool.pending_bytes == 0)
    append(spool, record(2))
    spool.close()

    assert len(Reader(spool.path).after(0, limit=10, max_bytes=ROOM)) == 1


def test_the_bound_holds_over_a_restart(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    append(spool, record(1, os.urandom(3000)))
    spool.close()

    with pytest.raises(SpoolFull):
        append(Spool(tmp_path / "web-0.db", max_bytes=2000), record(2))


def test_a_disk_that_refuses_is_told_to_who_waits_and_later_appends_work(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages + 1}")  # SQLite's own "disk full"
    with pytest.raises(NotifydError, match="cannot be written"):
        append(spool, record(1, os.urandom(100_000)))
    assert spool.pending_bytes == 0

    spool._db.execute("PRAGMA max_page_count = 100000")
    append(spool, record(2))
    spool.close()

    assert [s.event_id for s in Reader(spool.path).after(0, limit=10, max_bytes=ROOM)] == [f"{2:032x}"]


def test_a_spool_made_anew_has_another_identity(tmp_path: Path):
    first = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    first.close()
    same = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    same.close()
    other = Spool(tmp_path / "web-1.db", max_bytes=ROOM)
    other.close()

    assert first.identity == same.identity != other.identity


def test_a_file_that_is_no_spool_is_named_in_the_error(tmp_path: Path):
    (tmp_path / "web-0.db").write_bytes(b"not a database, and longer than a header" * 100)

    with pytest.raises(NotifydError, match=r"web-0\.db"):
        Spool(tmp_path / "web-0.db", max_bytes=ROOM)


def test_the_oldest_record_not_digested_tells_the_lag(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    append(spool, record(1), record(2))
    spool.close()
    reader = Reader(spool.path)

    assert reader.oldest_after(0) == datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    assert reader.oldest_after(2) is None


def test_a_commit_is_synced_before_the_answer(tmp_path: Path):
    spool = Spool(tmp_path / "web-0.db", max_bytes=ROOM)
    assert spool._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    assert spool._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    spool.close()
    with pytest.raises(sqlite3.ProgrammingError):
        spool._db.execute("SELECT 1")
