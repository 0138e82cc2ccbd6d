"""Model files on a disk: read whole, within the limit, as UTF-8."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.loader.text.limits import LIMITS
from analyzer.source import Span


class FileError(OSError):
    """A file cannot be read or written; the message is one line for people."""


def read_text(path: str) -> str:
    """The text of a file; raises `FileError` where it cannot be read, `ModelError` where `decode` does."""
    return decode(read_bytes(path, LIMITS.text + 1), path)


def read_bytes(path: str, most: int) -> bytes:
    """The first `most` bytes of a file; raises `FileError` where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read(most)
    except IsADirectoryError:
        raise FileError(f"`{path}` is a folder, not a model file") from None
    except FileNotFoundError:
        raise FileError(f"file `{path}` does not exist") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FileError(f"`{path}` cannot be read: {reason}") from None


def decode(data: bytes, file: str) -> str:
    """The text of a model's bytes; raises `ModelError` where they are too many or not UTF-8."""
    if len(data) > LIMITS.text:
        message = f"the file is larger than {LIMITS.text // 1024:,} KiB, the limit for a model"
        raise ModelError(
            [Diagnostic("LIMIT101", message, Span(file, 1, 1), help="`repeat` and `blocks` make a long model short")]
        )
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02X} does not begin a character"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") and data[2:4] != b"\0\0":
            message = "the file is UTF-16, not UTF-8"
        raise ModelError([Diagnostic("YAML109", message, Span(file, line, column), help="save it as UTF-8")]) from None
