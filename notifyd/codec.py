"""Bytes to values and back: JSON and compression, one way for the whole project.

Payloads come from strangers. `loads` takes what real SDKs send and msgspec alone refuses
(NaN and Infinity from Python, lone surrogates from JavaScript cutting an emoji, a byte order
mark) and raises BadEvent for the rest, however deep or long.
"""

from __future__ import annotations

import json
import math
import re
import sys
import threading
from typing import Any

import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from notifyd.errors import BadEvent

MAX_STORED = 64 * 1024 * 1024  # a stored payload never inflates past this; limits at the door are far lower
LEVEL = 3  # 18-44 µs an event; higher levels gain a few percent for several times the time

_encoder = msgspec.json.Encoder()
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_local = threading.local()  # a compressor must not serve two threads at once

# What a decoder may raise on hostile text: RecursionError for depth, ValueError for an
# integer of more than 4,300 digits (CPython's own bound), UnicodeError for bad UTF-8.
UNREADABLE = (msgspec.DecodeError, RecursionError, ValueError)


def dumps(value: Any) -> str:
    """Return `value` as compact JSON text; NaN and Infinity become null."""
    return _encoder.encode(value).decode()


def dump_bytes(value: Any) -> bytes:
    """Return `value` as compact JSON in UTF-8."""
    return _encoder.encode(value)


def plain(value: Any) -> Any:
    """Return `value` as dicts, lists, text and numbers, as `dumps` would write it."""
    return msgspec.to_builtins(value)


def loads(data: bytes) -> Any:
    """Return the JSON document in `data`, mended where real clients break the standard.

    Raises:
        BadEvent: `data` is not JSON even so; the message says at which place.
    """
    try:
        return msgspec.json.decode(data)
    except UNREADABLE:
        return msgspec.json.decode(mend(data))


def mend(data: bytes) -> bytes:
    """Rewrite JSON that only a lenient reader takes as JSON that every reader takes.

    Slow (0.25 ms for 39 kB), so only for what a strict reader has refused.

    Raises:
        BadEvent: `data` is not JSON for a lenient reader either.
    """
    try:
        text = data.decode("utf-8-sig", "replace")
        document = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        mended = json.dumps(document, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise BadEvent("the JSON is nested too deeply to be an event") from None
    except ValueError as error:
        raise BadEvent(f"not JSON: {error}") from None
    return _LONE_SURROGATE.sub("\ufffd", mended).encode()


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def compress(data: bytes) -> bytes:
    """Return `data` as one zstd frame."""
    compressor = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstd.ZstdCompressor(level=LEVEL)
    frame: bytes = compressor.compress(data, zstd.ZstdCompressor.FLUSH_FRAME)
    return frame


def decompress(frame: bytes, limit: int = MAX_STORED) -> bytes:
    """Return what `compress` was given.

    Raises:
        BadEvent: `frame` is damaged, or holds more than `limit` bytes.
    """
    decompressor = zstd.ZstdDecompressor()
    try:
        data: bytes = decompressor.decompress(frame, max_length=limit)
    except zstd.ZstdError as error:
        raise BadEvent(f"stored payload is damaged: {error}") from None
    if not decompressor.eof:
        raise BadEvent(f"stored payload is cut short or larger than {limit} bytes")
    return data
