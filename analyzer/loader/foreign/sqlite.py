"""SQLite databases, told by their header: those that keep the variants of a sweep, and those of other programs.

Bytes 68 to 71 of the header are the application id, which says whose database it is. Source: Database File Format,
https://sqlite.org/fileformat2.html, section 1.3.
"""

from __future__ import annotations

#: What every SQLite database begins with.
HEADER = b"SQLite format 3\0"

#: The application id of a store of variants: `anlz` in ASCII.
APPLICATION = 0x616E6C7A

#: So many first bytes tell whose database it is.
BEGIN = 72


def is_store(data: bytes) -> bool:
    """Whether a file with these first bytes is the store of a sweep."""
    return data.startswith(HEADER) and data[68:BEGIN] == APPLICATION.to_bytes(4, "big")
