"""Files and texts of saved reports: which ones are reports, and reading them. `analyzer.read_report` offers it."""

from __future__ import annotations

import os

from analyzer.contract.saved import HOW, LONGEST_REPORT, ReportError, is_report, read_report, report_text
from analyzer.contract.saved_rows import SavedReport
from analyzer.loader.text.files import FileError, opened, read_bytes, read_from
from analyzer.loader.text.limits import LIMITS
from analyzer.source import inert

#: The bytes in which a report shows that it is one.
_BEGIN = 4096


def is_saved(source: str | os.PathLike[str]) -> bool:
    """Whether a text, or the file of this name, begins as a report. A pipe is not asked: it can be read once."""
    if isinstance(source, str) and "\n" in source:
        return is_report(source[:_BEGIN].encode(errors="replace"))
    return os.path.isfile(source) and is_report(read_bytes(os.fspath(source), _BEGIN))


def read_saved(source: str | os.PathLike[str]) -> SavedReport:
    """The report in a text, or in the file of this name; raises `FileError` where there is none."""
    text = isinstance(source, str) and "\n" in source
    name = "<text>" if text else os.fspath(source)
    try:
        data = str(source).encode(errors="replace") if text else _bytes(name)
        if not is_report(data) and not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            raise ReportError(f"is not a report of analyzer; {HOW}")
        return SavedReport(read_report(report_text(data)))
    except ReportError as error:
        raise FileError(f"`{inert(name)}` {error}") from None


def _bytes(path: str) -> bytes:
    """The bytes of a file: all of a report, and no more than a model has of another file."""
    with opened(path, "a report") as stream:
        data = read_from(stream, path, LIMITS.text + 1)
        if len(data) <= LIMITS.text:
            return data
        if not is_report(data):
            raise ReportError(f"is not a report of analyzer; {HOW}")
        return read_from(stream, path, LONGEST_REPORT + 1, data)
