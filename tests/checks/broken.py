"""Example models broken on purpose: one number, one activation or one join of the text changed at random."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import NamedTuple

EXAMPLES = Path(__file__).parents[2] / "example_models"


#: Two that promise nothing: one that people are to change, and the textbook's single layer.
OPEN = ("start.yaml", "textbook.yaml")

#: The models that are broken.
MODELS = sorted(path for path in EXAMPLES.glob("*.yaml") if path.name not in OPEN)


class Broken(NamedTuple):
    """A model with one line changed: its file, what was changed, the line before and after (empty: taken away)."""

    file: str
    kind: str
    line: int
    before: str
    after: str
    text: str


#: What is changed: a pattern in a line, and what may stand there instead.
_NUMBERS = {
    "stride": re.compile(r"(?<=stride: )\d+"),
    "kernel": re.compile(r"(?<=kernel: )\d+\b(?!x)"),
    "depth": re.compile(r"(?<=filters: )\d+\b|(?<=units: )\d+\b|(?<=dense: )\d+\b"),
    "depth by a variable": re.compile(r"(?<=filters: )\$\w+(?=[,}])"),
    "repetition": re.compile(r"(?<=repeat: )\d+\b"),
}
_LINES = {
    "activation": re.compile(r"\s*- (relu6?|silu|gelu|tanh|leaky_relu|hard_swish)\b"),
    "skip": re.compile(r"\s*- (add|concat|multiply): .*"),
}
_ACT = re.compile(r"(?<=act: )(relu6?|silu|gelu|tanh|leaky_relu|hard_swish)\b")


def broken(seed: int) -> Broken:
    """The model that this seed breaks."""
    rng = Random(seed)
    while True:
        path = rng.choice(MODELS)
        lines = path.read_text(encoding="utf-8").splitlines()
        body = _without_budget(lines)
        kind = rng.choice((*_NUMBERS, *_LINES, "activation of a layer"))
        places = [place for place in body if _matches(kind, lines[place])]
        if places:
            place = rng.choice(places)
            after = _changed(kind, lines[place], rng)
            text = "\n".join([*lines[:place], *([after] if after else []), *lines[place + 1 :]]) + "\n"
            return Broken(path.name, kind, place + 1, lines[place].strip(), after.strip(), text)


def _without_budget(lines: list[str]) -> list[int]:
    """The places of the lines that say what the network is: no comment, no budget, no training."""
    places, inside = [], True
    for place, line in enumerate(lines):
        if line and not line[0].isspace() and not line.startswith("#"):
            inside = not line.startswith(("budget:", "training:", "description:"))
        if inside and line.strip() and not line.strip().startswith("#"):
            places.append(place)
    return places


def _matches(kind: str, line: str) -> bool:
    code = line.partition(" #")[0]
    if kind in _NUMBERS:
        return _NUMBERS[kind].search(code) is not None
    if kind in _LINES:
        return _LINES[kind].fullmatch(code.rstrip()) is not None
    return _ACT.search(code) is not None


def _changed(kind: str, line: str, rng: Random) -> str:
    """The line with one thing changed; empty where it is taken away."""
    if kind in _LINES:
        return ""
    pattern = _NUMBERS.get(kind, _ACT)
    match = rng.choice(list(pattern.finditer(line.partition(" #")[0])))
    word = match.group()
    if kind == "activation of a layer":
        new = "none"
    elif kind == "depth by a variable":
        new = rng.choice((f"2*{word}", f"{word}+1", f"{word}-1"))
    else:
        number = int(word)
        choices = {number + 1, number + 2, max(number - 1, 1), max(number - 2, 1)}
        if kind == "depth":
            choices |= {2 * number, max(number // 2, 1)}
        new = str(rng.choice(sorted(choices - {number})))
    return line[: match.start()] + new + line[match.end() :]
