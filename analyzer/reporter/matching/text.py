"""What a module is that its description does not say: the first differences, each with both sides and a fix.

conv1 is not what models/resnet50.yaml:26 says
  module  conv1  Conv2d  112×112×64  9,472 (9,408 weights, 64 biases)
  yaml    conv1  conv    112×112×64  9,408 (no bias)
  hint: bias=False, or `bias: true` on line 26
1 of 107 layers differs; parameters 25,557,096 against 25,557,032
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence

from analyzer.engine.result import Row
from analyzer.matching.hints import fix
from analyzer.matching.items import rows_of
from analyzer.matching.keys import counts
from analyzer.matching.observed import Observed
from analyzer.matching.result import Difference, Match
from analyzer.matching.tensors import shown
from analyzer.source import inert
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The differences that are shown.
_SHOWN = 5

#: The layers with the same mistake that are named.
_NAMED = 3

#: What the parameters are called in the constructors of the frameworks.
_NAMES = {
    "torch": {
        "filters": "out_channels", "units": "out_features", "kernel": "kernel_size", "stride": "stride",
        "padding": "padding", "dilation": "dilation", "groups": "groups", "bias": "bias",
    },
    "keras": {
        "filters": "filters", "units": "units", "kernel": "kernel_size", "stride": "strides", "padding": "padding",
        "dilation": "dilation_rate", "groups": "groups", "bias": "use_bias",
    },
}  # fmt: skip

#: What decides in the frameworks whether a layer is trained.
_TRAINED = {"torch": "requires_grad_({})", "keras": "trainable={}"}


def text_of(match: Match) -> str:
    """The differences of a match, for people; one line where there are none. The same mistake is shown once."""
    causes = [one for one in match.differences if not one.follows]
    mistakes: dict[Hashable, list[Difference]] = {}
    for one in causes:
        mistakes.setdefault(_mistake(one), []).append(one)
    lines = [line for some in list(mistakes.values())[:_SHOWN] for line in _lines(some, match)]
    if match.refused is not None:
        file = inert(match.analysis.file or match.analysis.name)
        lines.insert(0, f"{match.observation.kind} cannot be compared with {file} strictly: {inert(match.refused)}")
    return "\n".join([*lines, *_end(match, causes, len(mistakes) - _SHOWN)])


def _mistake(one: Difference) -> Hashable:
    """What two differences have in common that are one mistake: a line of the file, a place in repeated modules."""
    if one.fields.keys() == {"frozen"}:
        return "frozen", one.fields["frozen"]
    if one.row is not None:
        return one.row.line or _unnumbered(one.row.name), one.row.kind, *one.fields
    assert one.observed is not None
    return _unnumbered(one.observed.name), one.observed.kind


def _unnumbered(name: str) -> str:
    return re.sub(r"\d+", "", name)


def _end(match: Match, causes: Sequence[Difference], left: int) -> Iterator[str]:
    """The sums: how many layers differ, and the parameters of both sides."""
    every = match.strict and match.refused is None
    layers = len(match.analysis.rows if every else rows_of(match.analysis)) + sum(
        one.row is None for one in match.differences
    )
    mine, theirs = match.observation.parameters, match.analysis.totals.declared.parameters
    sums = f"{mine:,} parameters on both sides" if mine == theirs else f"parameters {mine:,} against {theirs:,}"
    if not match.differences:
        yield f"{_both(layers, ' with parameters' if match.refused else '')} equal; {sums}"
    else:
        if left > 0:
            yield f"… and {left:,} more {'mistake' if left == 1 else 'mistakes'}: all are in `match.differences`"
        number, more = len(causes), len(match.differences) - len(causes)
        follow = f", and {more:,} more {'follows' if more == 1 else 'follow'} from {'it' if number == 1 else 'them'}"
        yield f"{number:,} of {plural(layers, 'layer')} {'differs' if number == 1 else 'differ'}{follow if more else ''}; {sums}"
    if match.observation.real is not None:
        yield f"note: the module was called with real tensors on the CPU, since {match.observation.real}"


def _both(layers: int, which: str = "") -> str:
    return f"{plural(layers, 'layer')}{which} {'is' if layers == 1 else 'are'}"


def _lines(some: Sequence[Difference], match: Match) -> Iterator[str]:
    """One mistake: a heading, both sides and a hint of the first difference, the names of the others."""
    one = some[0]
    call, row = one.observed, one.row
    file = inert(match.analysis.file or match.analysis.name)
    line = None if row is None else _line(row, match)
    yield _heading(one, file if line is None else f"{file}:{line}", file)
    sides = []
    if call is not None or "read" in one.fields:
        sides.append(["module", *_module(call, one, match)])
    if row is not None:
        sides.append([_label(match), *_file(row, one)])
    widths = [max(len(side[column]) for side in sides) for column in range(min(len(side) for side in sides))]
    for side in sides:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(side, [*widths, 0], strict=False)).rstrip()
    for hint in _hints(some, match):
        yield f"  hint: {hint}"
    if len(some) > 1:
        yield f"  the same at {_named(some[1:])}"


def _named(some: Sequence[Difference]) -> str:
    """The names of the first of some differences, and how many there are more."""
    names = [
        f"`{inert(one.observed.name if one.observed else one.row.name if one.row else '')}`" for one in some[:_NAMED]
    ]
    more = len(some) - _NAMED
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def _heading(one: Difference, at: str, file: str) -> str:
    call, row = one.observed, one.row
    if "read" in one.fields and row is not None:
        return f"{inert(row.name)} is not what {at} says"
    if call is None:
        return f"`{inert(row.name if row else '')}` of {at} is not in the module"
    name = inert(call.name)
    if row is None:
        return f"{name} is in the module, but not in {file}" + ("" if call.calls else "; it is never called")
    if "order" in one.fields:
        return f"{name} is not called where {at} says"
    if "input" in one.fields or one.fields.keys() == {"sources"}:
        return f"{name} does not read what {at} says"
    return f"{name} is not what {at} says"


def _label(match: Match) -> str:
    source = match.analysis.source
    return "yaml" if source is None else source.format


def _module(call: Observed | None, one: Difference, match: Match) -> list[str]:
    """The module's side: its name, class, volume and numbers."""
    first = match.observation.framework == "torch"
    like = None if one.row is None else one.row.output
    if call is None or "read" in one.fields:
        what = "what it puts out" if call is None else f"what {inert(call.name)} reads"
        return [what, "", shown(one.fields["read"][0], like, first=first)]
    volume = shown(call.outputs[0], like, first=first) if call.outputs else ""
    read: Any = one.fields.get("input")
    more = [f"reads {shown(*read, first=first)}"] if read else []
    return [inert(call.name), inert(call.kind), volume, _last(call, call.frozen, one, [*more, *_of_functions(one, 0)])]


def _file(row: Row, one: Difference) -> list[str]:
    """The file's side."""
    volume = row.output.pretty()
    if "read" in one.fields:
        return [inert(row.name), row.kind, volume]
    more = [f"reads {one.fields['input'][1].pretty()}"] if "input" in one.fields else []
    return [inert(row.name), row.kind, volume, _last(row, row.frozen, one, [*more, *_of_functions(one, 1)])]


def _last(side: Observed | Row, frozen: bool, one: Difference, more: Sequence[str]) -> str:
    """The last cell: its numbers, and what else differs."""
    return ", ".join(text for text in (_numbers(side, frozen, one), *more) if text)


def _of_functions(one: Difference, side: int) -> list[str]:
    """What differs where layers without parameters are compared too: how a layer is written, and what it reads."""
    texts = [_written(one.fields["arguments"][side])] if "arguments" in one.fields else []
    if "sources" in one.fields:
        texts.append("reads " + " and ".join(f"`{inert(name)}`" for name in one.fields["sources"][side]))
    return texts


def _numbers(side: Observed | Row, frozen: bool, one: Difference) -> str:
    """Parameters, as weights and biases, buffers, and whether they are trained where that differs."""
    weights, biases, buffers = counts(side)
    parts = f" ({weights:,} weights, {biases:,} biases)" if biases else " (no bias)" if "biases" in one.fields else ""
    texts = [f"{weights + biases:,}{parts}"] if weights + biases else []
    if side.tied is not None and not texts:
        texts.append(f"the parameters of `{inert(side.tied)}`")
    if buffers or "buffers" in one.fields:
        texts.append(f"{buffers:,} buffers" if buffers else "no buffers")
    if "frozen" in one.fields:
        texts.append("frozen" if frozen else "trained")
    return ", ".join(texts)


def _hints(some: Sequence[Difference], match: Match) -> Iterator[str]:
    """What to change, on either side."""
    one = some[0]
    call, row = one.observed, one.row
    if "order" in one.fields:
        yield "the module calls `{}` before `{}`".format(*map(inert, one.fields["order"]))
    if call is not None and row is None and call.calls:
        before = _before(call, match)
        line = None if before is None else _line(before, match)
        if before is not None and line is not None:
            yield f"it is called after `{inert(before.name)}`, line {line}"
    if call is not None and row is not None:
        yield from _fixes(call, row, len(some), one, match)


def _fixes(call: Observed, row: Row, number: int, one: Difference, match: Match) -> Iterator[str]:
    """A change of the module or of the file that makes the two equal at one layer."""
    framework = match.observation.framework
    if one.fields.keys() == {"frozen"}:
        train, value = _TRAINED[framework], call.frozen  # trained in the file, and so frozen in the module
        yield f"{train.format(value)}, or {'`frozen: true`' if call.frozen else 'no `frozen: true`'} in the file"
    found = fix(call, row) if one.fields.keys() <= {"output", "weights", "biases", "buffers"} else None
    if found is None:
        return
    names = _NAMES[framework]
    module = ", ".join(f"{names[name]}={value!r}" for name, value in found.now.items() if name in names)
    place = _place(row, number, match)
    file = "" if place is None else f"`{_written(found.needed)}`{place}"
    if module or file:
        yield ", or ".join(filter(None, (module, file)))


def _place(row: Row, number: int, match: Match) -> str | None:
    """Where a file would need a change; None where nobody can say.

    On the line of the layer, if all layers that this line makes need it; otherwise where its block is called.
    """
    line = _line(row, match)
    if line is None:
        return None if match.analysis.source is not None else ""
    if number == sum(one.kind == row.kind and _line(one, match) == line for one in match.analysis.rows):
        return f" on line {line}"
    site = match.analysis.network.sites.get(row.path)
    return None if site is None else f" for `{inert(row.path)}`, called on line {site.line}"


def _line(row: Row, match: Match) -> int | None:
    """The line of the description that a layer is written on; None where it has none: a `.pt2` has lines of Python."""
    span = row.node.origin.span
    return row.line if span is not None and span.file == match.analysis.file else None


def _written(values: Mapping[str, Any]) -> str:
    """Parameters as YAML has them."""
    return ", ".join(
        f"{name}: {str(value).lower() if isinstance(value, bool) else value}" for name, value in values.items()
    )


def _before(call: Observed, match: Match) -> Row | None:
    """The row of the last call before one that has none."""
    rows = {id(pair.observed): pair.row for pair in match.pairs}
    last: Row | None = None
    for one in match.calls:
        if one is call:
            return last
        last = rows.get(id(one), last)
    return None
