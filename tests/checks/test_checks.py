"""The checks: networks on which each fires, near misses on which it does not, and the examples of its own page.

`<module>.yaml` has two lists of cases for the check of that module.

fires   `model`, the text; `why`; `line` of the finding; `says`, parts of its message; `arithmetic`, parts of its notes;
        `help`, parts of its help; `severity` where it is not the check's own; `number` of findings, 1 unless written;
        `notes`, how many notes it has
near    `model` and `why` this one is right; `severity` of the finding where it still is one, but a milder one
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from building import read_yaml
from loading import FILE, network, parsed

from analyzer.checks.page import Page
from analyzer.checks.run import checks, run
from analyzer.checks.subject import Subject
from analyzer.diagnostics import SEVERITIES, Diagnostic
from analyzer.engine.analysis import analyze_network

if TYPE_CHECKING:
    from analyzer.checks.run import Check

Case = dict[str, Any]

FOLDER = Path(__file__).parent
CASES: dict[str, dict[str, list[Case]]] = {path.stem: read_yaml(path) for path in sorted(FOLDER.glob("*.yaml"))}
CHECKS: dict[str, Check] = {check.__name__.rpartition(".")[2]: check for check in checks()}
FIRES = {"model", "why", "line", "says", "arithmetic", "help", "severity", "number", "notes"}

EVERY = [
    (module, kind, place) for module, cases in CASES.items() for kind in cases for place in range(len(cases[kind]))
]


def findings(text: str, *asked: Check) -> list[Diagnostic]:
    """What these checks find in a model's text; all checks unless some are given."""
    model = parsed(text)
    subject = Subject(analyze_network(network(text), name=model.name, file=FILE), model)
    return run(subject, asked or checks())


def page(module: str) -> Page:
    """The page of a check, which has all its parts."""
    found = Page(CHECKS[module])
    assert found.source, f"{module}: why, `Fires:`, `Instead: …` and `Source: …`, each with what belongs to it"
    assert re.fullmatch(r"[^\n]+\.", found.title), f"{module}: its title is a sentence"
    return found


@pytest.mark.parametrize(("module", "kind", "place"), EVERY, ids=[f"{m}-{kind}-{place}" for m, kind, place in EVERY])
def test_case(module: str, kind: str, place: int) -> None:
    case, check = CASES[module][kind][place], CHECKS[module]
    found = findings(case["model"], check)
    if kind == "near":
        assert {one.severity for one in found} == ({case["severity"]} if "severity" in case else set()), case["why"]
        return
    assert len(found) == case.get("number", 1), [one.message for one in found]
    first = found[0]
    assert first.code == check.CODE
    assert first.severity == case.get("severity", check.SEVERITY)
    assert len(first.notes) == case.get("notes", len(first.notes)), first.notes
    assert (first.span.line if first.span else None) == case.get("line")
    for parts, said in (("says", first.message), ("arithmetic", "\n".join(first.notes)), ("help", first.help or "")):
        for part in [case[parts]] if isinstance(case.get(parts), str) else case.get(parts, []):
            assert part in said, f"{parts}: {case['why']}"


@pytest.mark.parametrize("module", CASES)
def test_cases_are_well_formed(module: str) -> None:
    assert set(CASES[module]) == {"fires", "near"}
    for case in CASES[module]["fires"]:
        assert set(case) <= FIRES
        assert {"model", "why", "says", "arithmetic"} <= set(case), case["model"]
    for case in CASES[module]["near"]:
        assert {"model", "why"} <= set(case) <= {"model", "why", "severity"}
    assert min(len(cases) for cases in CASES[module].values()) >= 2


def test_every_check_has_its_cases() -> None:
    assert set(CASES) == set(CHECKS)


@pytest.mark.parametrize("module", CHECKS)
def test_page(module: str) -> None:
    """The example of a page fires its check and warns of nothing else; what it says to write instead is clean."""
    check, parts = CHECKS[module], page(module)
    assert check.SEVERITY in SEVERITIES
    assert re.fullmatch(r"CHECK[1-5]\d\d", check.CODE)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.NAME)
    fires = findings(parts.fires)
    assert check.CODE in {one.code for one in fires}
    assert {one.code for one in fires if one.severity != "note"} <= {check.CODE}
    instead = findings(parts.change)
    assert [one.message for one in instead if one.code == check.CODE or one.severity != "note"] == []


@pytest.mark.parametrize("module", CHECKS)
def test_a_finding_has_its_arithmetic_and_a_change(module: str) -> None:
    for one in findings(page(module).fires, CHECKS[module]):
        assert one.notes
        assert one.help
        assert not one.message.endswith(".")


def test_codes_and_names_are_used_once_and_in_order() -> None:
    codes = [check.CODE for check in checks()]
    assert codes == sorted(set(codes))
    assert len({check.NAME for check in checks()}) == len(codes)
