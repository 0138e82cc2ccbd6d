"""Protocol buffers read by seeking: fields one by one, and payloads only where somebody asks for them.

A field is a tag (number · 8 + wire type) and a value: a varint (0), 8 bytes (1), a length and so many bytes (2) or 4
bytes (5). Source: "Encoding" of the documentation of Protocol Buffers.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

#: Bytes that are read at once. Between two payloads only few are needed.
_CHUNK = 1 << 13

#: A tag and a length have at most this many bytes.
_HEADER = 20

#: Longer names and texts are damage.
_LONGEST_TEXT = 1 << 20

#: Networks of 100,000 nodes have a million.
MOST_FIELDS = 2_000_000

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5


class Damaged(Exception):
    """The file is not what its format says, or is more than is read; the message says why.

    `label` is the node that it is about, if any.
    """

    def __init__(self, message: str, label: str = "") -> None:
        super().__init__(message)
        self.label = label


class Wire:
    """A file of protocol buffers. Places are offsets from its start."""

    # By hand: it has a buffer.
    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size
        self._start = 0
        self._count = 0
        self._chunk = b""

    def fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """The fields between two places: number, wire type, and the value; of a length, where its bytes begin and end.

        The value of 4 or 8 bytes is the place where they begin.
        """
        place = start
        while place < end:
            self._count += 1
            if self._count > MOST_FIELDS:
                raise Damaged(f"it has more than {MOST_FIELDS:,} fields")
            first, data = self._around(place)
            at = place - first + 1
            tag = data[at - 1] if at <= len(data) else 0x80
            if tag >= 0x80:  # numbers of one byte are most of them, and a call is dear
                tag, at = _varint(data, place - first)
            number, kind = tag >> 3, tag & 7
            if not number:
                raise Damaged("a field has the number 0")
            if kind == BYTES:
                if at < len(data) and data[at] < 0x80:
                    length, at = data[at], at + 1
                else:
                    length, at = _varint(data, at)
                begin = first + at
                place = begin + length
                if place > end:
                    raise Damaged(f"a field of {length:,} bytes at {begin:,} ends behind what it is in")
                yield number, kind, begin, place
            elif kind == VARINT:
                value, at = _varint(data, at)
                place = first + at
                if place > end:
                    raise Damaged(f"a number at {place:,} ends behind what it is in")
                yield number, kind, value, 0
            elif kind in (FOUR, EIGHT):
                begin = first + at
                place = begin + (4 if kind == FOUR else 8)
                if place > end:
                    raise Damaged(f"a number at {begin:,} ends behind what it is in")
                yield number, kind, begin, place
            else:
                raise Damaged(f"a field at {place:,} has the wire type {kind}, which ONNX does not use")

    def _around(self, place: int) -> tuple[int, bytes]:
        """A buffer that has the header of a field at a place, and where the buffer begins."""
        if not (self._start <= place and (place + _HEADER <= self._start + len(self._chunk))):
            self.file.seek(place)
            self._start, self._chunk = place, self.file.read(_CHUNK)
        return self._start, self._chunk

    def bytes(self, start: int, end: int) -> bytes:
        """The bytes between two places."""
        if self._start <= start and end <= self._start + len(self._chunk):
            return self._chunk[start - self._start : end - self._start]
        self.file.seek(start)
        data = self.file.read(end - start)
        if len(data) < end - start:
            raise Damaged("the file ends within a field")
        return data

    def text(self, start: int, end: int) -> str:
        """The text between two places."""
        if end - start > _LONGEST_TEXT:
            raise Damaged(f"a text has {end - start:,} bytes")
        return self.bytes(start, end).decode("utf-8", "replace")

    def number(self, kind: int, start: int, end: int) -> float:
        """A number of 4 or of 8 bytes."""
        return float(unpack("<f" if kind == FOUR else "<d", self.bytes(start, end))[0])

    def varints(self, start: int, end: int, most: int = 1 << 20) -> list[int]:
        """Packed varints, without a sign, at most so many."""
        data, at = self.bytes(start, min(end, start + 10 * most)), 0
        found: list[int] = []
        while at < len(data) and len(found) < most:
            value, at = _varint(data, at)
            found.append(value)
        return found


def signed(value: int) -> int:
    """A varint as a number with a sign."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A varint, and where it ends."""
    value = shift = 0
    for place in range(at, at + 10):
        if place >= len(data):
            raise Damaged("the file ends within a number")
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, place + 1
        shift += 7
    raise Damaged("a number has more than 10 bytes")
