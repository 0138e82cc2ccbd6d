"""A model as a command was given it: a text, or a file in another format, which its reader opens."""

from __future__ import annotations

from analyzer.loader.text.files import FileError, looks_foreign
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from analyzer.loader.formats.call import Call

#: The first bytes of a file, which tell its format.
HEAD = 1 << 16

#: Bytes that are copied at once, and the most of stdin.
_PIECE, _MOST = 1 << 20, 1 << 34


class Given(Record):
    """A model before it is parsed.

    label    its name for people
    data     its text; the first bytes of a file in another format
    format   the format that is read with `loader.formats`; None for a text
    path     the file that the format's reader opens
    hold     what must live until then: a temporary file
    call     the callable that makes the file when it is run; None for a file that exists
    """

    label: str
    data: bytes
    format: str | None = None
    path: str = ""
    hold: object = None
    call: Call | None = None

    def same(self, other: Given) -> bool:
        """Whether both have the same content."""
        if self.format is None or other.format is None:
            return self.format == other.format and self.data == other.data
        from filecmp import cmp  # few models are in other formats

        return self.data == other.data and cmp(self.path, other.path, shallow=False)


def format_of(data: bytes, name: str, forced: str | None) -> str | None:
    """The format of a file with these first bytes, None for a text; `forced` is that of `--from`."""
    if forced is not None:
        return None if forced == "yaml" else forced
    if not looks_foreign(data, name):
        return None
    from analyzer.loader.formats import sniff  # most models are YAML

    return sniff(data, name)


def given(label: str, data: bytes, name: str, forced: str | None) -> Given:
    """A model of these bytes, which are all of it; one in another format is written to a temporary file."""
    format = format_of(data[:HEAD], name, forced)
    return Given(label, data) if format is None else copied(label, data, format)


def copied(label: str, data: bytes, format: str, rest: BinaryIO | None = None) -> Given:
    """A file in another format that is not on the disk: `data` and the `rest` of a stream, in a temporary file."""
    from analyzer.cli.temporary import temporary  # few models are in other formats, and most of those are files

    stream, path = temporary()
    size = len(data)
    try:
        stream.write(data)
        while rest is not None and (piece := rest.read(_PIECE)):
            size += len(piece)
            if size > _MOST:
                raise FileError(
                    f"`{label}` is larger than {_MOST >> 30} GiB, the limit for a file that is not on a disk"
                )
            stream.write(piece)
        stream.flush()
    except OSError as error:
        raise error if isinstance(error, FileError) else FileError(f"`{label}` cannot be copied: {error}") from None
    return Given(label, data[:HEAD], format, path, stream)
