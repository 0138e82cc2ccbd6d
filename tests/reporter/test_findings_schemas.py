"""What `analyzer check` writes for machines, held against the public schemas of tests/data/schemas."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from test_findings_formats import HOSTILE, MISSING, PLAIN, WRONG, hostile, render

from analyzer.cli.check import main

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "tests" / "data" / "schemas"
SARIF = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
GITLAB = json.loads((SCHEMAS / "gitlab-code-quality.json").read_text(encoding="utf-8"))
REPORT = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
XS = "{http://www.w3.org/2001/XMLSchema}"


class Xsd:
    """As much of XML Schema as junit-10.xsd needs: which elements stand in which, attributes, patterns, text."""

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()
        self.elements = {str(element.get("name")): element for element in root.findall(f"{XS}element")}
        self.patterns = {
            str(kind.get("name")): str(pattern.get("value"))
            for kind in root.findall(f"{XS}simpleType")
            for pattern in kind.iter(f"{XS}pattern")
        }

    def mistakes(self, element: ElementTree.Element) -> Iterator[str]:
        """What is wrong with an element and those in it."""
        declared = self.elements.get(element.tag)
        if declared is None:
            yield f"there is no element {element.tag}"
            return
        kind = declared.find(f"{XS}complexType")
        attributes = {} if kind is None else {str(a.get("name")): a for a in kind.findall(f"{XS}attribute")}
        for name, attribute in attributes.items():
            if attribute.get("use") == "required" and name not in element.attrib:
                yield f"{element.tag} needs {name}"
        for name, value in element.attrib.items():
            pattern = self.patterns.get(str(attributes[name].get("type"))) if name in attributes else None
            if name not in attributes:
                yield f"{element.tag} has no {name}"
            elif pattern is not None and not re.fullmatch(pattern, value):
                yield f"{element.tag} {name}: {value}"
        inside = set() if kind is None else {str(part.get("ref")) for part in kind.iter(f"{XS}element")}
        mixed = kind is None or kind.get("mixed") == "true"
        if not mixed and (element.text or "").strip():
            yield f"{element.tag} has text"
        for part in element:
            if part.tag not in inside:
                yield f"{element.tag} has no {part.tag}"
            if not mixed and (part.tail or "").strip():
                yield f"{element.tag} has text"
            yield from self.mistakes(part)


JUNIT = Xsd(SCHEMAS / "junit-10.xsd")


def validate(format: str, said: str) -> None:
    if format == "junit":
        assert list(JUNIT.mistakes(ElementTree.fromstring(said))) == []
    elif format == "json":
        for record in (lambda data: data if isinstance(data, list) else [data])(json.loads(said)):
            assert set(record) <= {"format", "file", "name", "diagnostics"}
            assert [error.message for error in DIAGNOSTICS.iter_errors(record["diagnostics"])] == []
    else:
        schema = SARIF if format == "sarif" else GITLAB
        validator = jsonschema.validators.validator_for(schema)(schema)
        assert [error.message for error in validator.iter_errors(json.loads(said))] == []


def _diagnostics() -> Any:
    """A report's diagnostics as its schema has them, with what that refers to."""

    def found(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            if "diagnostics" in part and isinstance(part["diagnostics"], dict):
                yield part["diagnostics"]
            for value in part.values():
                yield from found(value)
        elif isinstance(part, list):
            for value in part:
                yield from found(value)

    return jsonschema.Draft7Validator({**next(found(REPORT)), "definitions": REPORT.get("definitions", {})})


DIAGNOSTICS = _diagnostics()
MACHINES = ("json", "gitlab", "sarif", "junit")


@pytest.mark.parametrize("format", MACHINES)
def test_findings_of_all_kinds_validate(format: str) -> None:
    validate(format, render(format, PLAIN, WRONG, MISSING))
    validate(format, render(format))


@pytest.mark.parametrize("format", MACHINES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_findings_validate(text: str, format: str) -> None:
    validate(format, render(format, hostile(text)))


@pytest.mark.parametrize("format", MACHINES)
def test_every_model_of_the_tests_validates(format: str, tmp_path: Path) -> None:
    """All models that are wrong and all that are not, checked as the command does it."""
    models = [*sorted((ROOT / "tests" / "bad").rglob("*.yaml")), *sorted((ROOT / "example_models").glob("*.yaml"))]
    target = tmp_path / "found"
    main([*map(str, models), "--no-config", "--format", format, "-o", str(target)])
    said = target.read_text(encoding="utf-8")
    assert len(models) > 100
    assert all(model.name in said for model in models) or format in ("gitlab", "sarif")
    validate(format, said)


def test_the_schemas_refuse_what_is_wrong() -> None:
    sarif = json.loads(render("sarif", PLAIN))
    sarif["runs"][0]["results"][0]["level"] = "bad"
    with pytest.raises(AssertionError):
        validate("sarif", json.dumps(sarif))
    issues = json.loads(render("gitlab", PLAIN))
    del issues[0]["fingerprint"]
    with pytest.raises(AssertionError):
        validate("gitlab", json.dumps(issues))
    found = json.loads(render("json", PLAIN))
    found["diagnostics"][0]["severity"] = "bad"
    with pytest.raises(AssertionError):
        validate("json", json.dumps(found))
    good = render("junit", PLAIN)
    for old, new in [
        ("<failure", "<b/><failure"),
        ('net.yaml" tests="3"', 'net.yaml"'),
        ("  <testcase", "x<testcase"),
        ("errors", "errs"),
    ]:
        with pytest.raises(AssertionError):
            validate("junit", good.replace(old, new, 1))
