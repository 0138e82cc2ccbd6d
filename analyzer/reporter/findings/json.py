"""The findings for programs: an object for each file, with findings as in the JSON report; several in an array."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.contract.keys import FORMAT
from analyzer.contract.report import as_dict
from analyzer.reporter.findings.checked import Checked, CheckRun, array, encoded
from analyzer.reporter.options import Options


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """One file as an object, several as an array in the order given."""
    if len(run.files) == 1:
        yield _object(run.files[0], options) + "\n"
        return
    yield "[\n"
    for place, checked in enumerate(run.files):
        yield (",\n" if place else "") + _object(checked, options)
    yield "\n]\n"


def _object(checked: Checked, options: Options) -> str:
    head: dict[str, object] = {"format": FORMAT, "file": checked.file}
    if checked.name is not None:
        head["name"] = checked.name
    listed = array([encoded(as_dict(finding), options.unicode) for finding in checked.diagnostics], " ")
    return f'{encoded(head, options.unicode)[:-1]},\n "diagnostics": {listed}}}'
