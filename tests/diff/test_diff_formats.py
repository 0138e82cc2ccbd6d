"""The formats: two comments as a reviewer reads them, inert names, the width, the schema."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from chains import conv, report

from analyzer import analyze
from analyzer.cli.schema import schema_text
from analyzer.difference import compare
from analyzer.difference.schema import as_dict, diff_schema
from analyzer.reporter.difference import json as diff_json
from analyzer.reporter.difference import markdown, text
from analyzer.reporter.options import Options

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
PEOPLE = {"text": text, "markdown": markdown}

HOSTILE = [
    "<script>alert(1)</script>", "a|b", "a`b`c", "![x](http://e.org)", "www.e.org", "@team", "#1", "a\nb", "**b**",
    "a\u202eb", "a\x1b[31mb", "</details>", "$x$", "\\|", "a\rb", "| x |", "<!-- x", "&lt;b&gt;", "https://e.org/x",
]  # fmt: skip


def drawn(format: Any, *pair: dict[str, Any], **options: Any) -> str:
    return "".join(format.render(compare(*pair), Options(**options)))


def example(name: str, **settings: object) -> dict[str, Any]:
    return {**analyze(ROOT / f"example_models/{name}.yaml", set=settings).to_dict(), "file": f"{name}.yaml"}


def with_name(old: dict[str, Any], name: str) -> dict[str, Any]:
    """A report whose first layer, file, name and outputs have another name."""
    new: dict[str, Any] = copy.deepcopy(old)
    was = new["layers"][0]["name"]
    new["layers"][0]["name"] = new["file"] = new["name"] = name
    for layer in new["layers"]:
        layer["inputs"] = [name if source == was else source for source in layer["inputs"]]
    return new


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("vgg16_vgg19", (example("vgg16"), example("vgg19"))),
        ("resnet50_half", (example("resnet50"), {**example("resnet50", width=32), "name": "ResNet-50, width 0.5"})),
    ],
    ids=["vgg", "resnet"],
)
def test_the_comment_of_a_review(name: str, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert drawn(markdown, *pair) == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_inert_in_a_comment(hostile: str) -> None:
    old = report([conv(8), "dense: 10"])
    said = drawn(markdown, old, with_name(report([conv(16), "dense: 10"]), hostile), unicode=True)
    assert "<script" not in said
    for line in said.splitlines():
        if line.startswith("|"):  # a cell more would be a pipe that came through
            assert line.count("|") in (6, 7), line
    said = re.sub(r"`[^`\n]*`", "", said)  # code is shown as it is
    assert not re.search(r"https?://|www\.|@team|\]\(|<!--|\x1b|\u202e|\r", said)
    assert said.count("</details>") == said.count("<details>")
    for line in said.splitlines():
        assert not line.startswith("#1")
        assert "**b**" not in line


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_inert_on_a_terminal(hostile: str) -> None:
    old = report([conv(8), "dense: 10"])
    said = drawn(text, old, with_name(report([conv(16), "dense: 10"]), hostile))
    assert all(line.isprintable() for line in said.split("\n"))


def test_a_comment_never_outgrows_its_limit() -> None:
    old = report([conv(1, f"{'é' * 60}{n}") for n in range(1500)])
    new = report([conv(1 + n % 7, f"{'é' * 60}{n}") for n in range(1500)])
    said = drawn(markdown, old, new)
    assert 50_000 < len(said.encode()) < 64_000
    number = re.search(r"([0-9,]+) smaller changes left out, since a comment has no room for more", said)
    assert number is not None
    rows = len(re.findall(r"^\| ~ \|", said, re.MULTILINE))
    assert int(number[1].replace(",", "")) + rows == compare(old, new).counts()["changed"]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(width: int, unicode: bool) -> None:
    for pair in (("vgg16", "vgg19"), ("resnet50", "resnet18"), ("vgg16", "resnet50")):
        said = drawn(text, *(example(name) for name in pair), width=width, unicode=unicode)
        assert max(map(len, said.splitlines())) <= width
        assert unicode or said.isascii()


def test_the_totals_are_a_table_at_80_columns() -> None:
    said = drawn(text, example("vgg16"), example("vgg19"), width=80)
    assert re.search(r"^shared parameters +138,357,544 +143,667,240 +\+5,309,696 +\+3\.8 %$", said, re.MULTILINE)
    assert re.search(
        r"^local parameters +15,483,821,032 +19,646,923,752 +\+4,163,102,720 +\+26\.9 %$", said, re.MULTILINE
    )


@pytest.mark.parametrize("format", [text, markdown])
def test_another_run_is_said_before_any_number(format: Any) -> None:
    source = f"input: 32x32x3\nlayers: [{conv(8)}, dense: 10]\n"
    said = drawn(format, analyze(source).to_dict(), analyze(source, input="16x16x3", batch=8).to_dict())
    before, _, after = said.lower().partition("not the same run")
    assert "parameters" not in before
    assert "32×32×3 → 16×16×3, batch 1 → 8" in after


@pytest.mark.parametrize("format", [text, markdown])
def test_equal_networks_are_one_sentence(format: Any) -> None:
    assert "qual" in drawn(format, example("vgg16"), example("vgg16")).splitlines()[-1]


def test_one_mode_shows_no_other() -> None:
    said = drawn(text, example("vgg16"), example("vgg19"), mode="shared")
    assert "local" not in said
    assert "shared parameters" in said


def test_colour_is_escapes_around_the_same_text() -> None:
    pair = example("vgg16"), example("vgg19")
    assert re.sub(r"\x1b\[[0-9;]*m", "", drawn(text, *pair, color=True)) == drawn(text, *pair)


@pytest.mark.parametrize(
    "pair",
    [
        ("vgg16", "vgg19"),
        ("resnet50", "resnet18"),
        ("unet", "unet3d"),
        ("vgg16", "vgg16"),
        ("cudaconvnet_local", "lenet5"),
    ],
)
def test_the_json_fits_its_schema(pair: tuple[str, str]) -> None:
    schema = diff_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    record = json.loads(drawn(diff_json, *(example(name) for name in pair)))
    jsonschema.validate(record, schema)
    assert record == json.loads(json.dumps(as_dict(compare(*(example(name) for name in pair)))))
    assert sum(record["counts"].values()) - record["counts"]["removed"] == record["totals"]["layers"]["new"]


def test_the_schema_refuses_what_is_no_comparison() -> None:
    record = as_dict(compare(example("vgg16"), example("vgg19")))
    record["layers"][0]["change"] = "changed"  # an added layer has no old name
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(json.dumps(record)), diff_schema())


def test_the_shipped_schema_is_the_one_of_the_code() -> None:
    assert (ROOT / "schemas/diff.schema.json").read_text(encoding="utf-8") == "".join(schema_text(diff_schema()))
