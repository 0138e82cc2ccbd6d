"""Files on a disk: regular ones, read up to a limit. A model is UTF-8."""

from __future__ import annotations

import os
import stat

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.loader.text.limits import LIMITS
from analyzer.source import Span, inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

#: What a file may be that is not read, each with the question whether a mode is one.
_OTHERS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

#: The names of the streams that every process has, by their numbers, and the folders with the numbers of all streams.
_STREAMS = ("/dev/stdin", "/dev/stdout", "/dev/stderr")
_FOLDERS = ("/dev/fd", "/proc/self/fd")


#: Endings of files in formats that are told by their ending too.
_FOREIGN = (".pt2", ".onnx", ".keras", ".h5", ".hdf5", ".cfg", ".prototxt")

#: What a network of Caffe has, whose first sign may be that of YAML.
_LAYERS = (b"layer {", b"layers {", b"layer{", b"layers{")

#: Bytes that are read at once: more than the longest model has.
_PIECE = 1 << 21


class FileError(OSError):
    """A file cannot be read or written; the message is one line for people."""


def read_text(path: str) -> str:
    """The text of a file; raises `FileError` where it cannot be read, `ModelError` where `decode` does."""
    return decode(read_bytes(path, LIMITS.text + 1), path)


def read_bytes(path: str, most: int) -> bytes:
    """The first `most` bytes of a file; raises `FileError` where it cannot be read."""
    with opened(path) as stream:
        return read_from(stream, path, most)


def opened(path: str, what: str = "a model file") -> BinaryIO:
    """A file, open for reading; raises `FileError` where it does not exist and where it is not a regular file.

    Opening a pipe may wait for ever, and a device may never end. Only what the caller has opened for the command, such
    as `/dev/stdin` or the `/dev/fd/63` that a shell makes of `<(…)`, may be something else than a regular file. `what`
    is what the file should be, for messages.
    """
    try:
        mode = os.stat(path).st_mode
        other = next((name for is_other, name in _OTHERS if is_other(mode)), None)
        if other is not None and descriptor(path) is None:
            raise FileError(f"`{inert(path)}` is {other}, not {what}")
        return open(path, "rb")
    except FileError:
        raise
    except IsADirectoryError:
        raise FileError(_of_folder(path, what)) from None
    except FileNotFoundError:
        raise FileError(f"file `{inert(path)}` does not exist") from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _of_folder(path: str, what: str) -> str:
    """What is said of a folder: some formats are one."""
    if os.path.isfile(os.path.join(path, "saved_model.pb")):
        advice = "convert it to ONNX, which is read: `python -m tf2onnx.convert --saved-model FOLDER --output net.onnx`"
        return f"`{inert(path)}` is a TensorFlow SavedModel (a folder), which analyzer does not read: {advice}"
    if path.rstrip("/").lower().endswith(".mlpackage"):
        advice = "save the network as ONNX from the program that trained it, which is read"
        return f"`{inert(path)}` is a Core ML package (a folder), which analyzer does not read: {advice}"
    return f"`{inert(path)}` is a folder, not {what}"


def read_from(stream: BinaryIO, path: str, most: int, begun: bytes = b"") -> bytes:
    """At most `most` bytes of an open file, with those that were read before (`begun`).

    They are read in pieces, so that memory grows with what the file has. Raises `FileError` where they cannot be read.
    """
    try:
        piece = stream.read(min(_PIECE, most - len(begun)))
        if not begun and len(piece) < _PIECE:
            return piece
        data = bytearray(begun)
        while piece:
            data += piece
            piece = stream.read(min(_PIECE, most - len(data)))
        return bytes(data)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def looks_foreign(data: bytes, path: str) -> bool:
    """Whether a file with these first bytes may have another format than YAML, which `loader.formats.sniff` then tells.

    It looks at little, since every model is asked: the first sign that is neither blank nor in a comment.
    """
    at = 0
    while True:
        while data[at : at + 1].isspace():
            at += 1
        if data[at : at + 1] not in (b"#", b";"):
            break
        at = data.find(b"\n", at)
        if at < 0:
            break
    sign = data[at : at + 1]
    if not (sign.isalnum() or sign in b"\"'-%$") or b"\0" in data[:512] or path.lower().endswith(_FOREIGN):
        return True
    return any(words in data for words in _LAYERS)


def descriptor(path: str) -> int | None:
    """The number of the stream that a path names, such as 63 for `/dev/fd/63`; None for any other path."""
    if path in _STREAMS:
        return _STREAMS.index(path)
    folder, _, number = path.rpartition("/")
    return int(number) if folder in _FOLDERS and number.isascii() and number.isdigit() and len(number) < 10 else None


def _unreadable(path: str, error: OSError | ValueError) -> FileError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return FileError(f"`{inert(path)}` cannot be read: {reason}")


def decode(data: bytes, file: str) -> str:
    """The text of a model's bytes; raises `ModelError` where they are too many or not UTF-8."""
    if len(data) > LIMITS.text:
        _refuse_foreign(data, file)
        message = f"the file is larger than {LIMITS.text // 1024:,} KiB, the limit for a model"
        raise ModelError(
            [Diagnostic("LIMIT101", message, Span(file, 1, 1), help="`repeat` and `blocks` make a long model short")]
        )
    return utf8(data, file)


def utf8(data: bytes, file: str) -> str:
    """The text of bytes, without a byte order mark; raises `ModelError` where they are not UTF-8."""
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        _refuse_foreign(data, file)
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02X} does not begin a character"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") and data[2:4] != b"\0\0":
            message = "the file is UTF-16, not UTF-8"
        raise ModelError([Diagnostic("YAML109", message, Span(file, line, column), help="save it as UTF-8")]) from None


def _refuse_foreign(data: bytes, file: str) -> None:
    """Refuses a file of another format by its name: that it is too large, or no text, is a consequence."""
    from analyzer.loader.foreign.recognize import foreign_finding

    finding = foreign_finding(data, file)
    if finding is not None:
        raise ModelError([finding])
