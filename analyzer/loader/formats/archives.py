"""Files in zip archives, and JSON: read up to a limit, nothing extracted. `.keras` and `.pt2` are read with it."""

from __future__ import annotations

from analyzer.later import without
from analyzer.loader.text.files import FileError, read_from
from analyzer.source import inert, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO, TypeVar
    from zipfile import ZipFile

    Found = TypeVar("Found")

#: The most bytes that are read of a text, counted while it is inflated.
MOST = 64 << 20

#: The most bytes of the list of files in an archive: about 100,000 files.
_MOST_LISTED = 8 << 20

#: What ends an archive: a mark, six numbers, and a comment of up to 64 KiB.
_END = b"PK\x05\x06"


def in_archive(stream: BinaryIO, label: str, kind: str, look: Callable[[ZipFile], Found]) -> Found:
    """What `look` finds in an archive; `kind` is the ending of its format. Raises `FileError` where it is broken."""
    from zlib import error

    zipfile = without("zipfile", "pathlib", "shutil")
    _refuse_long_list(stream, label, kind)
    try:
        with zipfile.ZipFile(stream) as archive:
            return look(archive)
    except (
        zipfile.BadZipFile,
        error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
    ) as problem:
        if isinstance(problem, RecursionError):
            raise
        raise FileError(f"`{inert(label)}` is a broken archive: {shown(str(problem), 100)}") from None


def _refuse_long_list(stream: BinaryIO, label: str, kind: str) -> None:
    """Refuses an archive whose list of files is long: the list is read as a whole."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    at = tail.rfind(_END)
    listed = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if listed > _MOST_LISTED:
        raise FileError(f"`{inert(label)}` is an archive of more files than a `{kind}` has")
    stream.seek(0)


def limited(stream: Any, label: str, name: str) -> bytes:
    """The bytes of a text, up to the limit."""
    data = read_from(stream, label, MOST + 1)
    if len(data) > MOST:
        raise FileError(f"`{inert(name)}` is larger than {MOST >> 20} MiB, the limit for the description of a network")
    return data


def parsed(data: bytes | str, label: str, name: str, *, unique: bool = True) -> Any:
    """JSON; where `unique`, no key may appear twice, which takes three times as long. Raises `FileError`."""
    from json import loads

    try:
        return loads(data, object_pairs_hook=_unique if unique else None)
    except RecursionError:
        raise FileError(f"`{inert(name)}` is nested too deeply") from None
    except (ValueError, MemoryError) as problem:
        where = "" if name == label else f" in `{inert(label)}`"
        raise FileError(f"`{inert(name)}`{where} is not valid JSON: {shown(str(problem), 100)}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"the key `{shown(twice)}` appears twice in one mapping")
    return found
