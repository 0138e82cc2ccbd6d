"""The check of documents agrees with jsonschema: on documents as they are written, and on thousands of altered ones."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from jsonschema import Draft7Validator

import analyzer
from analyzer.contract.fits import fits, misfits
from analyzer.contract.memory import as_dict as memory_dict
from analyzer.contract.memory import memory_schema
from analyzer.contract.schema import report_schema
from analyzer.difference import compare
from analyzer.difference.schema import as_dict, diff_schema
from analyzer.loader.schema.check import against_schema, findings_of

OLD = """\
input: 16x16x3
layers:
  - {conv: {filters: 4, kernel: 3, padding: 1, norm: batch_norm, act: relu}, note: first}
  - {conv: {filters: 4, kernel: 3, sharing: local}, frozen: true}
  - residual: {body: [{conv: {filters: 4, kernel: 3, padding: 1}}]}
  - global_avg_pool:
  - dense: 10
"""
NEW = OLD.replace("kernel: 3, sharing: local", "kernel: 5").replace("dense: 10", "dense: 12\n  - softmax:")

#: What a value becomes: of every JSON type, near what is allowed and far from it.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 0.5, -0.5, 10**30, "", "a", "8x8x3", "0x", "error", [], [1], ["a"], [1, 2, 3, 4],
    {}, {"a": 1}, {"layers": []}, {"code": "A"},
)  # fmt: skip


def documents() -> list[tuple[str, dict[str, Any], Any]]:
    """Each kind of document: its name, its schema, and one as it is written."""
    old, new = analyzer.analyze(OLD), analyzer.analyze(NEW)
    wrong = {"file": "a.yaml", "diagnostics": [{"code": "YAML100", "severity": "error", "message": "no", "line": 1}]}
    report = json.loads(json.dumps(old.to_dict()))
    memory = json.loads(json.dumps(memory_dict(analyzer.memory(OLD, device="T4"))))
    difference = json.loads(json.dumps(as_dict(compare(old.to_dict(), new.to_dict()))))
    return [
        ("report", report_schema(), report),
        ("reports", report_schema(), [report, wrong]),
        ("memory", memory_schema(), memory),
        ("diff", diff_schema(), difference),
    ]


DOCUMENTS = {name: (schema, document) for name, schema, document in documents()}


def altered(document: Any, chance: random.Random) -> Any:
    """A copy with a change or two: a value replaced, a key gone, added or renamed, an item gone or doubled."""
    document = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2))):
        places = [(inside, key) for inside in containers(document) for key in keys(inside)]
        if not places:
            return chance.choice(VALUES)
        inside, key = chance.choice(places)
        kind = chance.randrange(5)
        if kind == 0:
            del inside[key]
        elif kind == 1 and isinstance(inside, dict):
            inside[chance.choice(("strange", "format", "line", "note", "frozen"))] = chance.choice(VALUES)
        elif kind == 2 and isinstance(inside, list):
            inside.insert(key, copy.deepcopy(inside[key]))
        else:
            inside[key] = copy.deepcopy(chance.choice(VALUES))
    return document


def containers(document: Any) -> list[Any]:
    found = [document] if isinstance(document, dict | list) else []
    for container in found:
        found += [
            part
            for part in (container.values() if isinstance(container, dict) else container)
            if isinstance(part, dict | list)
        ]
    return found


def keys(container: Any) -> list[Any]:
    return list(container) if isinstance(container, dict) else list(range(len(container)))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_written_fits(name: str) -> None:
    schema, document = DOCUMENTS[name]
    assert fits([document], schema, schema["definitions"])
    assert not list(misfits(document, schema, schema["definitions"]))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_agrees_with_jsonschema(name: str) -> None:
    """Whether a document fits, and the words about what does not."""
    schema, document = DOCUMENTS[name]
    validator = Draft7Validator(schema)
    chance = random.Random(name)
    wrong = 0
    for _ in range(550):
        changed = altered(document, chance)
        ours = list(misfits(changed, schema, schema["definitions"]))
        assert (not ours) is fits([changed], schema, schema["definitions"]) is validator.is_valid(changed), changed
        wrong += bool(ours)
        if wrong % 20 == 1:
            said = [finding.message for finding in findings_of(ours, None, "")]
            assert said == [finding.message for finding in against_schema(changed, schema, None, "")], changed
    assert wrong > 250


@pytest.mark.parametrize("name", DOCUMENTS)
def test_many_values_fit_where_each_does(name: str) -> None:
    """All layers at once, as a large report is checked: one that does not fit is found among the others."""
    schema, document = DOCUMENTS[name]
    chance = random.Random(name)
    for _ in range(40):
        several = [document, altered(document, chance), document]
        each = all(fits([one], schema, schema["definitions"]) for one in several)
        assert fits(several, schema, schema["definitions"]) is each
        found = {
            finding.way[0] for finding in misfits(several, {"type": "array", "items": schema}, schema["definitions"])
        }
        assert found == (set() if each else {1})
