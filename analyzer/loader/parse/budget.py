"""Parsing `budget` and `training`: what the checks and the memory analysis are told."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.dtypes import BITS
from analyzer.layers.kinds import Number, Whole
from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import Limit, Model
from analyzer.loader.parse.grammar import BUDGET_KEYS, TRAINING_KEYS
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Tree, plain_value
from analyzer.source import shown
from analyzer.units import read_amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BudgetParser:
    """Parses the budget and the training of a file into its model."""

    def __init__(self, context: Context, model: Model) -> None:
        self.context = context
        self.model = model

    def budget(self, tree: Tree) -> None:
        """The limits that `budget` sets."""
        mapping = self.context.mapping(tree, "`budget`", "budget: {params: 26M}")
        for key, value in mapping.items if mapping is not None else ():
            if key.text not in BUDGET_KEYS:
                self.context.unknown_key(key, "`budget`", BUDGET_KEYS)
                continue
            limit = self._limit(key.text, value)
            if limit is not None:
                self.model.budget[key.text] = limit

    def _limit(self, name: str, tree: Tree) -> Limit | None:
        span = tree.span(self.context.file)
        if not isinstance(tree, Mapping):
            amount = self._amount(name, tree)
            return None if amount is None else Limit(None, amount[0], amount[1], span)
        ends: dict[str, tuple[int, str]] = {}
        for key, value in tree.items:
            if key.text not in ("min", "max"):
                self.context.unknown_key(key, f"a limit of `{name}`", ("min", "max"))
                continue
            amount = self._amount(name, value)
            if amount is not None:
                ends[key.text] = amount
        if not tree.items:
            self.context.problem(
                "VALUE101", f"`{name}` of `budget` needs a limit", tree, help="`{min: 1M, max: 26M}`, or the most alone"
            )
        if "min" in ends and "max" in ends and ends["min"][0] > ends["max"][0]:
            self.context.problem("VALUE101", f"the least of `{name}` is above its most", tree)
        least, most = ends.get("min"), ends.get("max")
        unit = (most or least or (0, ""))[1]
        return Limit(
            least[0] if least else None,
            most[0] if most else None,
            unit,
            span,
            least_unit=least[1] if least else None,
        )

    def _amount(self, name: str, tree: Tree) -> tuple[int, str] | None:
        kind = BUDGET_KEYS[name]
        amount = read_amount(tree.text) if isinstance(tree, Scalar) else None
        is_bytes = amount is not None and amount[1].endswith("B")
        if amount is not None and (not is_bytes or kind == "bytes"):
            return amount
        example = "`150 MiB` or `1.5 GB`" if kind == "bytes" else "`26M` or `4.2G`"
        help = "the units are K, M, G and T"
        if amount is not None and isinstance(tree, Scalar):
            help = f"it is a count: write `{tree.text.rstrip('iB').strip()}`"
        elif kind == "bytes":
            help = "the units are B, KiB, MiB, GiB and TiB, or KB, MB, GB and TB of 1,000"
        self.context.problem(
            "VALUE101",
            f"`{name}` of `budget` must be an amount such as {example}, not {described(tree)}",
            tree,
            help=help,
        )
        return None

    def training(self, tree: Tree) -> None:
        """The defaults that `training` gives."""
        mapping = self.context.mapping(tree, "`training`", "training: {batch: 32, optimizer: adam}")
        for key, value in mapping.items if mapping is not None else ():
            if key.text not in TRAINING_KEYS:
                self.context.unknown_key(key, "`training`", TRAINING_KEYS)
                continue
            plain = plain_value(value)
            try:
                self.model.training[key.text] = _training_value(key.text, plain)
            except Refusal as refusal:
                self.context.refused(refusal, f"`{key.text}` of `training`", value)


def _training_value(name: str, value: Any) -> Any:
    if name == "batch":
        return Whole(1).read(value)
    if name == "weight_decay":
        return Number(0).read(value)
    choices = TRAINING_KEYS[name] or tuple(BITS)
    if isinstance(value, str) and value in choices:
        return value
    near = nearest(value, choices) if isinstance(value, str) else None
    said = f"`{shown(str(value))}`" if not isinstance(value, (list, dict)) else "a list or a mapping"
    raise Refusal(
        f"must be {listed(choices)}, not {said}", code="VALUE101", help=f"did you mean `{near}`?" if near else None
    )
