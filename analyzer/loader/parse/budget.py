"""Parsing `budget` and `training`: settings of the checks and of the memory analysis."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed
from analyzer.engine.amounts import AMOUNTS
from analyzer.layers.kinds import Kind, whole, written
from analyzer.loader.expressions.expression import is_expression
from analyzer.loader.parse.description import Limit, Unsettled
from analyzer.loader.parse.grammar import TRAINING_KEYS
from analyzer.loader.parse.naming import unknown_key
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import pairs_of
from analyzer.loader.parse.templates import number_of, number_or_text, template_of
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Tree
from analyzer.source import shown
from analyzer.units import read_amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.parse.parser import Known
    from analyzer.source import Span


def parse_budget(parser: Parser, tree: Tree, known: Known) -> None:
    """The limits that `budget` sets."""
    for key, value in pairs_of(parser, tree, "`budget`", "budget: {params: 26M}"):
        if key.text not in AMOUNTS:
            unknown_key(parser, key, "`budget`", AMOUNTS, elsewhere="budget")
            continue
        ends = _ends(parser, key.text, value)
        if any(isinstance(end, Scalar) and is_expression(end.text) for end in ends.values()):
            _leave_open(parser, "budget", key.text, value, ends, known)
            continue
        before = parser.troubles
        read = {word: amount for word, end in ends.items() if (amount := _amount(parser, key.text, end)) is not None}
        try:
            limit = limit_of(key.text, read, value.span(parser.file))
        except Refusal as refusal:
            parser.refused(refusal, "", value)
            continue
        if read or parser.troubles == before:
            parser.model.budget[key.text] = limit


def _ends(parser: Parser, name: str, tree: Tree) -> dict[str, Tree]:
    """The ends of a limit, `min` and `max`, as they are written; a single value is the most."""
    if not isinstance(tree, Mapping):
        return {"max": tree}
    for key, _ in tree.items:
        if key.text not in ("min", "max"):
            unknown_key(parser, key, f"a limit of `{name}`", ("min", "max"), elsewhere="ends")
    if not tree.items:
        help = "`{min: 1M, max: 26M}`, or only the most"
        parser.problem("VALUE101", f"`{name}` of `budget` needs a limit", tree, help=help)
    return {key.text: value for key, value in tree.items if key.text in ("min", "max")}


def limit_of(name: str, ends: dict[str, tuple[int, str]], span: Span | None) -> Limit:
    """The limit of `name` with these ends. Raises `Refusal` (VALUE101) where the least is above the most."""
    least, least_unit = ends.get("min", (None, None))
    most, unit = ends.get("max", (None, least_unit or ""))
    if least is not None and most is not None and least > most:
        raise Refusal(f"the `min` of `{name}` is above its `max`", code="VALUE101")
    return Limit(least, most, unit, span, least_unit=unit if least_unit is None else least_unit)


def _amount(parser: Parser, name: str, tree: Tree) -> tuple[int, str] | None:
    """An amount with its unit; None after a finding."""
    before = parser.troubles
    value: object = None
    if isinstance(tree, Scalar):
        value = tree.text if read_amount(tree.text) is not None else number_or_text(parser, tree)
    try:
        return amount_of(name, value, described(tree)) if parser.troubles == before else None
    except Refusal as refusal:
        parser.refused(refusal, f"`{name}` of `budget`", tree)
        return None


def amount_of(name: str, value: object, said: str) -> tuple[int, str]:
    """The amount that a limit of `name` is, with its unit; `said` is the value in a sentence.

    Raises `Refusal` (VALUE101) for anything else.
    """
    amount = read_amount(value) if isinstance(value, str) else None
    number = whole(value)
    if number is not None and number >= 0:
        amount = number, ""
    is_bytes = amount is not None and amount[1].endswith("B")
    if amount is not None and (not is_bytes or AMOUNTS[name] == "bytes"):
        return amount
    example, help = "`26M` or `4.2G`", "the units are K, M, G and T"
    if amount is not None:
        help = f"it is a count, not bytes: write `{str(value).rstrip('iB').strip()}`"
    elif AMOUNTS[name] == "bytes":
        example = "`150 MiB` or `1.5 GB`"
        help = "the units are B, KiB, MiB, GiB and TiB, or KB, MB, GB and TB of 1,000"
    raise Refusal(f"must be an amount such as {example}, not {said}", code="VALUE101", help=help)


def _leave_open(parser: Parser, section: str, key: str, place: Tree, parts: dict[str, Tree], known: Known) -> None:
    """Keeps a value with an expression until the variables are known."""
    templates = {word: template_of(parser, part, known) for word, part in parts.items()}
    found = {word: template for word, template in templates.items() if template is not None}
    if len(found) == len(templates):
        parser.model.unsettled.append(Unsettled(section, key, place, found))


def parse_training(parser: Parser, tree: Tree, known: Known) -> None:
    """The defaults that `training` gives."""
    for key, value in pairs_of(parser, tree, "`training`", "training: {batch: 32, optimizer: adam}"):
        if key.text not in TRAINING_KEYS:
            unknown_key(parser, key, "`training`", TRAINING_KEYS, elsewhere="training")
            continue
        if isinstance(value, Scalar) and is_expression(value.text):
            _leave_open(parser, "training", key.text, value, {"": value}, known)
            continue
        before = parser.troubles
        number = number_of(parser, value)
        if parser.troubles > before:
            continue
        try:
            parser.model.training[key.text] = training_value(key.text, number)
        except Refusal as refusal:
            parser.refused(refusal, f"`{key.text}` of `training`", value)


def parse_weights_dtype(parser: Parser, tree: Tree) -> str | None:
    """A number format of weights; None after a finding."""
    before = parser.troubles
    value = number_of(parser, tree)
    if parser.troubles > before:
        return None
    try:
        return str(training_value("dtype", value))
    except Refusal as refusal:
        parser.refused(refusal, "`weights_dtype`", tree)
        return None


def training_value(name: str, value: Any) -> Any:
    """A value of `training`. Raises `Refusal` (VALUE101) for a wrong one."""
    choices = TRAINING_KEYS[name]
    if isinstance(choices, Kind):
        return choices.read(value)
    if choices is None:
        return _checkpoint(value) if name == "checkpoint" else _device(value)
    if isinstance(value, str) and value in choices:
        return value
    said = _said(value)
    from analyzer.words.settings import setting_help  # with tables that only a mistake needs

    help = setting_help(name, value, choices) if isinstance(value, str) else None
    if name == "autocast" and value is True:
        help = "write `autocast: bfloat16`"
    raise Refusal(f"must be {listed(choices)}, not {said}", code="VALUE101", help=help)


def _said(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, (list, dict)):
        return "a list or a mapping"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{shown(str(value))}`"


def _checkpoint(value: Any) -> str | list[str]:
    """What is checkpointed, as `training` writes it. Raises `Refusal` for anything else."""
    from analyzer.engine.memory.settings import CHECKPOINTS, checkpointed  # few files write it

    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(name, str) and name.strip() for name in names):
        found = checkpointed(value)
        return found if isinstance(found, str) else list(found or ())
    help = "`checkpoint: blocks` recomputes each block" if value is True or value is None else None
    ways = " or ".join(f"`{way}`" for way in CHECKPOINTS)
    raise Refusal(f"must be {ways}, or names of layers and blocks, not {_said(value)}", code="VALUE101", help=help)


def _device(value: Any) -> str:
    """A device as `training` writes it. Raises `Refusal` for a text that is neither a card nor an amount."""
    from analyzer.engine.memory.devices import DeviceError, read_device  # few files write it

    if isinstance(value, (list, dict, bool)) or value is None:
        raise Refusal(f"must be a card or an amount such as `24GiB`, not {written(value)}", code="VALUE101")
    text = str(value).strip()
    try:
        read_device(text)
    except DeviceError as error:
        raise Refusal(f"is not a device: {error}", code="VALUE101") from None
    return text
