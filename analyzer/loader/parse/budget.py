"""Parsing `budget` and `training`: settings of the checks and of the memory analysis."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed
from analyzer.dtypes import BITS
from analyzer.engine.amounts import AMOUNTS
from analyzer.layers.kinds import Number, Whole, whole
from analyzer.loader.parse.description import Limit
from analyzer.loader.parse.grammar import TRAINING_KEYS
from analyzer.loader.parse.naming import unknown_key
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import pairs_of
from analyzer.loader.parse.templates import number_of, number_or_text
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Tree
from analyzer.source import shown
from analyzer.units import read_amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def parse_budget(parser: Parser, tree: Tree) -> None:
    """The limits that `budget` sets."""
    for key, value in pairs_of(parser, tree, "`budget`", "budget: {params: 26M}"):
        if key.text not in AMOUNTS:
            unknown_key(parser, key, "`budget`", AMOUNTS, elsewhere="budget")
            continue
        limit = _limit(parser, key.text, value)
        if limit is not None:
            parser.model.budget[key.text] = limit


def _limit(parser: Parser, name: str, tree: Tree) -> Limit | None:
    span = tree.span(parser.file)
    if not isinstance(tree, Mapping):
        amount = _amount(parser, name, tree)
        return None if amount is None else Limit(None, amount[0], amount[1], span)
    ends: dict[str, tuple[int, str]] = {}
    for key, value in tree.items:
        if key.text not in ("min", "max"):
            unknown_key(parser, key, f"a limit of `{name}`", ("min", "max"), elsewhere="ends")
            continue
        amount = _amount(parser, name, value)
        if amount is not None:
            ends[key.text] = amount
    if not tree.items:
        help = "`{min: 1M, max: 26M}`, or only the most"
        parser.problem("VALUE101", f"`{name}` of `budget` needs a limit", tree, help=help)
    least, least_unit = ends.get("min", (None, None))
    most, unit = ends.get("max", (None, least_unit or ""))
    if least is not None and most is not None and least > most:
        parser.problem("VALUE101", f"the `min` of `{name}` is above its `max`", tree)
    return Limit(least, most, unit, span, least_unit=unit if least_unit is None else least_unit)


def _amount(parser: Parser, name: str, tree: Tree) -> tuple[int, str] | None:
    """An amount with its unit; None after a finding."""
    kind = AMOUNTS[name]
    amount = read_amount(tree.text) if isinstance(tree, Scalar) else None
    if amount is None and isinstance(tree, Scalar):
        before = parser.troubles
        number = whole(number_or_text(parser, tree))
        if parser.troubles > before:
            return None
        amount = (number, "") if number is not None and number >= 0 else None
    is_bytes = amount is not None and amount[1].endswith("B")
    if amount is not None and (not is_bytes or kind == "bytes"):
        return amount
    example = "`150 MiB` or `1.5 GB`" if kind == "bytes" else "`26M` or `4.2G`"
    help = "the units are K, M, G and T"
    if amount is not None and isinstance(tree, Scalar):
        help = f"it is a count, not bytes: write `{tree.text.rstrip('iB').strip()}`"
    elif kind == "bytes":
        help = "the units are B, KiB, MiB, GiB and TiB, or KB, MB, GB and TB of 1,000"
    message = f"`{name}` of `budget` must be an amount such as {example}, not {described(tree)}"
    parser.problem("VALUE101", message, tree, help=help)
    return None


def parse_training(parser: Parser, tree: Tree) -> None:
    """The defaults that `training` gives."""
    for key, value in pairs_of(parser, tree, "`training`", "training: {batch: 32, optimizer: adam}"):
        if key.text not in TRAINING_KEYS:
            unknown_key(parser, key, "`training`", TRAINING_KEYS, elsewhere="training")
            continue
        before = parser.troubles
        number = number_of(parser, value)
        if parser.troubles > before:
            continue
        try:
            parser.model.training[key.text] = _training_value(key.text, number)
        except Refusal as refusal:
            parser.refused(refusal, f"`{key.text}` of `training`", value)


def _training_value(name: str, value: Any) -> Any:
    if name == "batch":
        return Whole(1).read(value)
    if name == "weight_decay":
        return Number(0).read(value)
    choices = TRAINING_KEYS[name] or tuple(BITS)
    if isinstance(value, str) and value in choices:
        return value
    said = f"`{shown(str(value))}`" if not isinstance(value, (list, dict)) else "a list or a mapping"
    from analyzer.words.settings import setting_help  # with tables that only a mistake needs

    help = setting_help(name, value, choices) if isinstance(value, str) else None
    raise Refusal(f"must be {listed(choices)}, not {said}", code="VALUE101", help=help)
