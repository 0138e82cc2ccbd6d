"""Networks in the formats of others. Each has a reader that writes the network's layers on a `Sheet`.

`sniff` tells the format of a file, `read` reads it. A reader is a function

    read(file: str, label: str, asked: Asked) -> Sheet

`file` is a regular file that can be opened many times and sought in; its own name says nothing, since it may be a copy
of standard input. `label` is its name for messages: `Sheet(label)`. `asked` has the values of `--input` and `--set`.
Mistakes in the file go to the sheet (`Sheet.refuse`). A reader catches its own `Halted`, and raises nothing but
`FileError` (the file cannot be read) and `SettingError` (a value of `asked` is wrong).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.diagnostics import Diagnostic
    from analyzer.loader.formats.asked import Asked
    from analyzer.loader.formats.sheet import Sheet
    from analyzer.loader.parse.description import Model

    Reader = Callable[[str, str, Asked], Sheet]


def _onnx() -> Reader:
    from analyzer.loader.formats.onnx import read

    return read


def _darknet() -> Reader:
    from analyzer.loader.formats.darknet import read

    return read


def _caffe() -> Reader:
    from analyzer.loader.formats.caffe import read

    return read


def _keras() -> Reader:
    from analyzer.loader.formats.keras import read

    return read


def _h5() -> Reader:
    from analyzer.loader.formats.keras import read_h5

    return read_h5


def _pt2() -> Reader:
    from analyzer.loader.formats.pt2 import read

    return read


#: The reader of each format, which is imported when a file of the format is read.
READERS: Mapping[str, Callable[[], Reader]] = {
    "onnx": _onnx,
    "keras": _keras,
    "h5": _h5,
    "pt2": _pt2,
    "darknet": _darknet,
    "caffe": _caffe,
}

#: What a format can be forced to be: a reader's, or `yaml` for none of them.
FORMATS: Sequence[str] = ("onnx", "keras", "h5", "pt2", "darknet", "caffe", "yaml")


def sniff(head: bytes, path: str) -> str | None:
    """The format of a file with these first bytes (64 KiB are enough) and this name; None where no reader is for it.

    The content decides; the ending of the name counts only where the content tells nothing.

    >>> sniff(b"[net]\\nwidth=8", "net.txt"), sniff(b"input: 8x8x3\\nlayers: []", "net.yaml")
    ('darknet', None)
    """
    from analyzer.loader.foreign.recognize import readable

    found = readable(head, path)
    return found if found in READERS else None


def read(
    path: str,
    input: Mapping[str, object] | object | None = None,
    set: Mapping[str, object] | None = None,
    *,
    label: str | None = None,
    format: str | None = None,
) -> tuple[Model | None, list[Diagnostic]]:
    """The description of the network in a file, None after some mistakes, and every mistake.

    `input` are volumes in place of those of the file (a text, or several by name) and sizes of named axes, `set` values
    of variables, `label` the name of the file for messages (default: its path), `format` one of `FORMATS` (default: as
    `sniff` tells). Warnings and notes of the reader are in `Model.told`, or among the mistakes if there are some.

    Raises `FileError` for a file that cannot be read, `SettingError` for what `input` and `set` name and the network
    does not have.
    """
    from analyzer.diagnostics import in_order
    from analyzer.engine.network import Source
    from analyzer.loader.formats.asked import Asked
    from analyzer.loader.parse.file import parse_read
    from analyzer.loader.text.files import FileError, read_bytes
    from analyzer.loader.text.read import Read
    from analyzer.source import Span

    label = path if label is None else label
    chosen = sniff(read_bytes(path, HEAD), path) if format is None else format
    if chosen is None or chosen not in READERS:
        raise FileError(f"`{label}` is not in a format of {', '.join(READERS)}")
    asked = Asked(input, set)
    sheet = READERS[chosen]()(path, label, asked)
    for problem in sheet.problems:
        problem.span = problem.span or Span(label, 0, 1, label="")  # it says at least which file
    if any(problem.severity == "error" for problem in sheet.problems):
        return None, in_order(sheet.problems)
    asked.check()
    parsed = parse_read(Read(sheet.read().tree, []), label)
    if parsed.model is None or parsed.problems:
        return None, in_order([*parsed.problems, *sheet.problems])
    sheet.tell(parsed.model)
    parsed.model.format = chosen
    written = parsed.model.source or Source(chosen)
    parsed.model.source = Source(chosen, written.producer, written.version)  # called as `--from` calls it
    return parsed.model, []


def texts_of(path: str, label: str, problems: Sequence[Diagnostic]) -> dict[str, str]:
    """The texts of the files that these mistakes are in, by their names: the network's own, and others."""
    from analyzer.loader.text.files import read_bytes
    from analyzer.loader.text.limits import LIMITS

    spans = [problem.span for problem in problems if problem.span is not None and problem.span.in_text]
    files = {span.file: path if span.file == label else span.file for span in spans}
    return {name: read_bytes(file, LIMITS.text).decode("utf-8", "replace") for name, file in files.items()}


#: The first bytes of a file that tell its format.
HEAD = 1 << 16
