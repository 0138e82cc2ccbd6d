"""Mistakes of one line in a YAML text, and which layer a comparison with the right module should show first.

    filters, kernel, stride, padding, groups, dilation, bias, norm    of a layer, a call of a block or the defaults
    value      a variable, the default of a block's parameter, an argument of a call
    repeat     one repetition more, or one fewer
    missing    an item left out, or a block that is not called
    extra      an item twice, or another layer after it
    swapped    an item and the next one

The mutator reads lines, so that it changes what a person would: an item with its comment, a key of its mapping. It knows
the syntax of the examples, and nothing of the volumes: many mutants do not load.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from analyzer.engine.result import Row

#: What a plain value of an item means: `conv: 64`.
PLAIN = {
    "conv": "filters", "conv_transpose": "filters", "separable_conv": "filters", "dense": "units", "linear": "units",
    "max_pool": "kernel", "avg_pool": "kernel", "multi_head_attention": "heads",
}  # fmt: skip
#: Types with a window, and those with weights.
WINDOWS = {"conv", "conv_transpose", "depthwise_conv", "separable_conv", "max_pool", "avg_pool"}
WEIGHTS = {"conv", "conv_transpose", "depthwise_conv", "separable_conv", "dense", "linear"}

#: An item of a list of layers; a line of `vars`; an assignment under an item or in `defaults`.
ITEM = re.compile(r"^(?P<indent> *)- (?P<type>\w+)(?::(?P<value>(?: [^#]*)?))?(?P<rest>\s*(?:#.*)?)$")
ENTRY = re.compile(r"^(?P<indent> +)(?P<type>\w+):\s+(?P<value>[^#]*?)(?P<rest>\s*(?:#.*)?)$")


class Mutation(NamedTuple):
    """A mutant: its kind, its first changed line, how many new lines there are, both as they are read, and its text."""

    kind: str
    line: int
    lines: int
    before: str
    after: str
    text: str

    def has(self, row: Row) -> bool:
        """Whether a layer of the mutant is on its new lines."""
        span = row.node.origin.span
        return span is not None and self.line <= span.line < self.line + self.lines

    def __str__(self) -> str:
        return f"{self.kind} on line {self.line}: {self.before} → {self.after or 'nothing'}"


def bare(text: str) -> str:
    """A model without what it says of its own sizes (`expect`, `budget`), which would refuse most mutants at once."""
    plain = text.partition("\nbudget:")[0] + "\n"
    return re.sub(r"^ +expect: .*$", "", plain, flags=re.MULTILINE)


def mutations(text: str) -> list[Mutation]:
    """Every mutant of a text that the module describes, in the order of the lines."""
    lines = text.splitlines()
    found = []
    for at in range(len(lines)):
        for kind, new, end in _changes(lines, at):
            after = "\n".join([*lines[:at], *new, *lines[end:]]) + "\n"
            shown = " / ".join(one.strip() for one in new)
            found.append(Mutation(kind, at + 1, len(new), lines[at].strip(), shown, after))
    return found


def sample(text: str, count: int, seed: str) -> list[Mutation]:
    """Some of the mutants of a text, as many as possible of each kind, in a fixed random order."""
    chance = random.Random(seed)
    kinds: dict[str, list[Mutation]] = {}
    for one in mutations(text):
        kinds.setdefault(one.kind, []).append(one)
    for same in kinds.values():
        chance.shuffle(same)
    names = sorted(kinds)
    chance.shuffle(names)
    rounds = max((len(same) for same in kinds.values()), default=0)
    drawn = [kinds[name][at] for at in range(rounds) for name in names if at < len(kinds[name])]
    return drawn[:count]


Change = tuple[str, Sequence[str], int]  # the kind, the new lines, and the first old line after them


def _changes(lines: Sequence[str], at: int) -> Iterator[Change]:
    """The mutants of one line."""
    section = _section(lines, at)
    line = lines[at]
    item = ITEM.match(line)
    if section in ("layers", "blocks") and item and item["type"] != "name":
        yield from _items(lines, at, item)
        yield from ((kind, [new], at + 1) for kind, new in _written(item, line, "- "))
        return
    entry = ENTRY.match(line)
    if entry is None:
        return
    if section == "defaults":
        yield from ((kind, [new], at + 1) for kind, new in _written(entry, line, ""))
    elif section == "vars" or entry["type"] == "repeat":
        kind = "repeat" if entry["type"] == "repeat" else "value"
        for value in _values(entry["value"].strip(), small=kind == "repeat"):
            yield kind, [f"{entry['indent']}{entry['type']}: {value}{entry['rest']}"], at + 1
    elif entry["type"] == "params":
        for name, value in re.findall(r"(\w+)=([\w.]+)", entry["value"]):
            for other in _values(value, small=True):
                yield "value", [line.replace(f"{name}={value}", f"{name}={other}")], at + 1
    elif entry["type"] == "first":
        yield "value", [""], at + 1
        given = _mapping(entry["value"].strip())
        for key, value in given.items():
            for other in _values(value, small=True):
                yield "value", [f"{entry['indent']}first: {_flow({**given, key: other})}"], at + 1


def _section(lines: Sequence[str], at: int) -> str:
    """The key of the first column that a line is under."""
    for line in reversed(lines[: at + 1]):
        if line[:1].isalpha():
            return line.partition(":")[0]
    return ""


def _items(lines: Sequence[str], at: int, item: re.Match[str]) -> Iterator[Change]:
    """The changes of whole items: left out, twice, another one behind it, swapped with the next."""
    end = _end(lines, at)
    own, indent = list(lines[at:end]), item["indent"]
    yield "missing", [], end
    if not any(re.match(r" +name:", line) for line in own):
        yield "extra", own + own, end
    if item["type"] not in ("parallel", "residual", "sequence"):
        yield "extra", [*own, f"{indent}- batch_norm"], end
        yield "extra", [*own, f"{indent}- conv: {{filters: $D, kernel: 1, act: none}}"], end
        yield "extra", [*own, f"{indent}- conv: {{filters: $D, kernel: 1, bias: true, norm: none}}"], end
    following = next((place for place in range(end, len(lines)) if lines[place].strip()), end)
    if following < len(lines) and (other := ITEM.match(lines[following])) and other["indent"] == indent:
        after = _end(lines, following)
        yield "swapped", [*lines[following:after], *lines[end:following], *own], after


def _end(lines: Sequence[str], at: int) -> int:
    """The line after an item: after the last one that is deeper."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    end = at + 1
    for place in range(at + 1, len(lines)):
        line = lines[place]
        if line.strip():
            if len(line) - len(line.lstrip()) <= depth:
                break
            end = place + 1
    return end


def _written(found: re.Match[str], line: str, dash: str) -> Iterator[tuple[str, str]]:
    """The changes of what a layer, a call of a block or a default is written with."""
    type_, value = found["type"], (found["value"] or "").strip()
    if value.startswith("{"):
        given = _mapping(value)
    elif not value:
        given = {}
    elif type_ in PLAIN:
        given = {PLAIN[type_]: value}
    else:
        return

    def with_(**change: str | None) -> str:
        after = {key: new for key, new in {**given, **change}.items() if new is not None}
        body = f": {_flow(after)}" if after else ""
        return f"{found['indent']}{dash}{type_}{body}{found['rest']}"

    for kind, change in _changed(type_, given):
        new = with_(**change)
        if new.strip() != line.strip():
            yield kind, new


def _changed(type_: str, given: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """Changes of the values of one layer or call, each with its kind; None leaves a key out."""
    if type_ not in WINDOWS | WEIGHTS and type_[0].isupper():
        for key, value in given.items():
            for other in _values(value):
                yield "value", {key: other}
        return
    for key in ("filters", "units", "reduced"):
        if key in given:
            for other in _values(given[key]):
                yield "filters", {key: other}
    if type_ in WINDOWS:
        yield from _windowed(type_, given)
    if type_ in WEIGHTS:
        turned = {"true": "false", "false": "true"}.get(given.get("bias", ""))
        for bias in [turned] if turned else ["true", "false"]:
            yield "bias", {"bias": bias}
        for norm in ("none", "batch_norm", "layer_norm"):
            if given.get("norm") != norm:
                yield "norm", {"norm": norm}


def _windowed(type_: str, given: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """Changes of the window of a convolution or a pool."""
    kernel = given.get("kernel")
    if kernel is not None:
        turned = "x".join(reversed(kernel.split("x"))) if re.fullmatch(r"\d+(x\d+)+", kernel) else None
        for other in [turned] if turned else _values(kernel, small=True):
            yield "kernel", {"kernel": other}
        if kernel.isdigit() and given.get("padding", "").isdigit():
            yield "kernel", {"kernel": str(int(kernel) + 2), "padding": str(int(given["padding"]) + 1)}
    stride = given.get("stride")
    for other in ["2"] if stride is None else [None, *_values(stride, small=True)]:
        yield "stride", {"stride": other}
    padding = given.get("padding")
    for other in ["1"] if padding is None else [None, *([] if padding == "same" else _values(padding, small=True))]:
        yield "padding", {"padding": other}
    if type_ == "conv":
        for other in ["2", "4"] if "groups" not in given else [None, *_values(given["groups"])]:
            yield "groups", {"groups": other}
        yield "dilation", {"dilation": "2"}


def _values(value: str, *, small: bool = False) -> list[str]:
    """Values beside this one: of a number the next ones, twice and half of it; of an expression twice its value."""
    if re.fullmatch(r"\d+", value):
        number = int(value)
        near = [number + 1, number - 1] if small else [number + 1, number + 8, 2 * number, number // 2]
        return [str(one) for one in near if one > 0 and one != number]
    if re.fullmatch(r"\d+\.\d+", value):
        return [str(2 * float(value)), str(float(value) / 2)]
    if "$" not in value and not re.search(r"\w\(", value):
        return []
    quoted = value.strip("\"'")
    around: Callable[[str], str] = (lambda text: f'"{text}"') if quoted != value else (lambda text: text)
    return [around(f"({quoted}) + 1" if small else f"2*({quoted})"), *([] if small else [around(f"({quoted}) + 8")])]


def _mapping(text: str) -> dict[str, str]:
    """The keys and values of `{a: 1, b: {c: 2}}`; a value that is itself a mapping stays as it is written."""
    parts, depth, last = [], 0, 1
    for place, sign in enumerate(text):
        depth += (sign in "{[(") - (sign in "}])")
        if (sign == "," and depth == 1) or depth == 0:
            parts.append(text[last:place])
            last = place + 1
            if depth == 0:
                break
    pairs = (part.partition(":") for part in parts if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _flow(given: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in given.items()) + "}"
