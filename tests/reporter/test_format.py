"""Which format a report is written in: `--format`, otherwise the ending of the file, otherwise the usual one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from analyzer.reporter import analysis, difference, findings, memory
from analyzer.reporter.format import EndingError, Format, chosen

SUBJECTS = {"analysis": analysis, "findings": findings, "memory": memory, "difference": difference}
LISTS = {name: subject.FORMATS for name, subject in SUBJECTS.items()}


@pytest.mark.parametrize("formats", LISTS.values(), ids=LISTS)
def test_every_format_is_described_and_no_ending_has_two(formats: Mapping[str, Format]) -> None:
    endings = [ending for format in formats.values() for ending in format.endings]
    assert len(set(endings)) == len(endings)
    assert all(ending.startswith(".") and ending == ending.lower() for ending in endings)
    assert all(format.doc and format.name == name for name, format in formats.items())


@pytest.mark.parametrize("formats", LISTS.values(), ids=LISTS)
def test_an_ending_asks_for_its_format_and_a_name_outranks_it(formats: Mapping[str, Format]) -> None:
    usual = next(iter(formats.values()))
    for path in (None, "a", "a.txt", "a.TXT", "folder.d/a", ".hidden", "/dev/stdout"):
        assert chosen(formats, name=None, path=path) is usual
    for format in formats.values():
        for ending in format.endings:
            for path in (f"a{ending}", f"A.B{ending.upper()}"):
                assert chosen(formats, name=None, path=path) is format
        for path in ("a.json", "a.rst", "a"):
            assert chosen(formats, name=format.name, path=path) is format
        assert chosen(formats, name=None, path=None, default=format.name) is format


@pytest.mark.parametrize("formats", LISTS.values(), ids=LISTS)
def test_an_ending_of_no_format_is_refused_with_those_that_there_are(formats: Mapping[str, Format]) -> None:
    for path in ("a.rst", "a.yaml", "a.json.gz"):
        with pytest.raises(EndingError) as refused:
            chosen(formats, name=None, path=path)
        for format in formats.values():
            assert all(f"`{ending}`" in str(refused.value) for ending in format.endings)
        assert "\n" not in str(refused.value)
