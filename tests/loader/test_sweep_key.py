"""The key `sweep` of a file: its axes, its mistakes, and that no other command reads it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.cli.main import main
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.axis import Axis

HEAD = (
    "input: 8x8x3\nvars: {width: 16, rate: 0.1, act: relu}\nlayers: [conv: {filters: $width, kernel: 3, act: $act}]\n"
)
DATA: dict[str, Any] = {
    "input": "8x8x3",
    "vars": {"width": 16},
    "layers": [{"conv": {"filters": "$width", "kernel": 3}}],
}


def axes(sweep: str, head: str = HEAD) -> dict[str, Axis]:
    return analyzer.load(f"{head}sweep: {sweep}\n").sweep


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ("{width: 16:128:16}", {"width": Axis("width", range(16, 129, 16))}),
        ("{width: [16, 32]}", {"width": Axis("width", [16, 32])}),
        ("{width: 64}", {"width": Axis("width", [64])}),
        ("{width: 16:128:*2}", {"width": Axis("width", [16, 32, 64, 128])}),
        ("{rate: 0.1:1}", {"rate": Axis("rate", (), between=(0.1, 1.0))}),
        ("{act: [relu, '16', on]}", {"act": Axis("act", ["relu", "16", "on"])}),  # in quotes it is a word
        ("\n  width: 18,50", {"width": Axis("width", [18, 50])}),
        ("{input: 9x9x3}", {"input": Axis("input", ["9x9x3"], volume=True)}),
        ("\n  input: 8x8x3,9x9x3", {"input": Axis("input", ["8x8x3", "9x9x3"], volume=True)}),
        ("{input.input: [9×9×3]}", {"input": Axis("input", ["9x9x3"], volume=True)}),
        ("{}", {}),
    ],
)  # fmt: skip
def test_axes(sweep: str, expected: dict[str, Axis]) -> None:
    assert axes(sweep) == expected


def test_inputs_by_name() -> None:
    head = "inputs: {image: 8x8x3, mask: 8x8x1}\nlayers: [concat: [image, mask]]\n"
    assert axes("{input.mask: 9x9x1, input: [9x9x3]}", head) == {
        "input.mask": Axis("input.mask", ["9x9x1"], volume=True),
        "input.image": Axis("input.image", ["9x9x3"], volume=True),
    }


def test_a_variable_called_input_wins_over_the_volume() -> None:
    head = "input: 8x8x3\nvars: {input: 16}\nlayers: [dense: $input]\n"
    assert axes("{input: [16, 32]}", head) == {"input": Axis("input", [16, 32])}


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ({"width": [16, 32]}, [16, 32]),
        ({"width": (16, 32)}, [16, 32]),
        ({"width": range(16, 129, 16)}, range(16, 129, 16)),
        ({"width": range(1, 10**9)}, range(1, 10**9)),  # no list of a thousand million values
        ({"width": range(3, 0, -1)}, [3, 2, 1]),
        ({"width": "16:128:16"}, range(16, 129, 16)),
        ({"width": 64}, [64]),
        ({"width": [16, "32"]}, [16, "32"]),  # as anywhere in a dict, a text is a text
    ],
)
def test_of_a_dict(sweep: dict[str, object], expected: object) -> None:
    assert analyzer.load({**DATA, "sweep": sweep}).sweep["width"].values == expected


def test_volumes_of_a_dict() -> None:
    found = analyzer.load({**DATA, "sweep": {"input": ["9x9x3", analyzer.Volume((7, 7), 3)]}}).sweep
    assert found == {"input": Axis("input", ["9x9x3", "7x7x3"], volume=True)}


def test_mistakes_of_a_dict_say_the_way() -> None:
    with pytest.raises(analyzer.ModelError) as raised:
        analyzer.load({**DATA, "sweep": {"width": [16, 16], "depth": range(4)}})
    assert [str(found.span) for found in raised.value.diagnostics] == ["sweep.width[1]", "sweep.depth"]


def test_axes_are_pickled() -> None:
    model = analyzer.load(HEAD + "sweep: {width: 16:128:16, rate: 0:1:0.001}\n")
    again = pickle.loads(pickle.dumps(model))
    assert again.sweep == model.sweep
    assert hash(again.sweep["rate"].values) == hash(model.sweep["rate"].values)


@pytest.mark.parametrize(
    "command",
    [[], ["--format", "json"], ["check"], ["memory"], ["convert"], ["convert", "--flat"], ["explain"], ["sizes"]],
    ids=" ".join,
)
def test_other_commands_ignore_it(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    for text in (HEAD, HEAD + "sweep: {width: 16:1000000000, rate: 0.1:1, input: [1x1x3]}\n"):
        Path("net.yaml").write_text(text, encoding="utf-8")
        said.append((main([*command, "net.yaml"]), capsys.readouterr()))
    assert said[0] == said[1]


def test_it_makes_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(HEAD, encoding="utf-8")
    new.write_text(HEAD + "sweep: {width: [16, 32]}\n", encoding="utf-8")
    assert main(["diff", str(old), str(new), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["equal"]
    assert analyzer.diff(old, new).equal


def test_a_description_keeps_few_layers_of_other_variables() -> None:
    """A sweep expands it 100,000 times; each value of `$rate` makes other layers."""
    layers = "".join("  - dropout: $rate\n" for _ in range(40))
    model = analyzer.load(f"input: 8x8x3\nvars: {{rate: 0.1}}\nlayers:\n{layers}")
    first = expand(model, set={"rate": 0.5})[0]
    assert expand(model, set={"rate": 0.5})[0].nodes[7].layer is first.nodes[7].layer
    for place in range(600):  # 24,000 layers
        expand(model, set={"rate": place / 1000})
        assert len(model.made) <= 10_000
    assert pickle.loads(pickle.dumps(model)).made == {}
    again = expand(model, set={"rate": 0.5})[0].nodes[7].layer
    assert again is not first.nodes[7].layer
    assert again.rate == first.nodes[7].layer.rate == 0.5
