"""Parsing structures: `residual`, `parallel` and `sequence`."""

from __future__ import annotations

from analyzer.diagnostics import listed, nearest
from analyzer.layers import CATALOGUE
from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import Item, ParallelItem, ResidualItem, SequenceItem
from analyzer.loader.parse.grammar import (
    JOINS,
    JOINS_ELSEWHERE,
    PARALLEL_KEYS,
    RESIDUAL_KEYS,
    STRUCTURE_KEYS_ELSEWHERE,
)
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.context import Known
    from analyzer.loader.parse.layers import LayerParser


class StructureParser:
    """Parses structures; `layers` parses the lists in them."""

    def __init__(self, context: Context, layers: LayerParser) -> None:
        self.context = context
        self.layers = layers

    def structure(self, word: str, place: Tree, value: Tree, known: Known) -> Item | None:
        """The item that a structure's key and its value make; None after a finding."""
        parse = {"residual": self._residual, "parallel": self._parallel, "sequence": self._sequence}[word]
        return parse(place, value, known)

    def _residual(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = ResidualItem(place, place.span(self.context.file))
        mapping = self.context.mapping(value, "`residual`", "residual: {body: […]}", listed="body")
        if mapping is None:
            return None
        self._check_keys(mapping, "`residual`", RESIDUAL_KEYS, "body")
        body, project, act = (mapping.get(key) for key in ("body", "project", "act"))
        if body is not None:
            item.body = self.layers.items(body, known, "`body`")
        if project is not None:
            none = isinstance(project, Scalar) and project.text == "none"
            item.project = [] if none else self.layers.items(project, known, "`project`")
        if act is not None:
            item.act = self.layers.sugar("`act` of `residual`", CATALOGUE["conv"].declared["act"], act, known)
        return item

    def _parallel(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = ParallelItem(place, place.span(self.context.file))
        mapping = self.context.mapping(value, "`parallel`", "parallel: {join: concat, branches: {a: […], b: […]}}")
        if mapping is None:
            return None
        self._check_keys(mapping, "`parallel`", PARALLEL_KEYS, "branches")
        join, branches = mapping.get("join"), mapping.get("branches")
        if join is not None:
            word = self.context.text_of(join, "`join`")
            if word in JOINS:
                item.join = word
            elif word is not None:
                near = JOINS_ELSEWHERE.get(word) or nearest(word, JOINS)
                help = f"did you mean `{near}`?" if near else None
                self.context.problem(
                    "VALUE101", f"`join` must be {listed(JOINS)}, not `{shown(word)}`", join, help=help
                )
        if branches is not None:
            lists = self.context.mapping(branches, "`branches`", "branches: {a: […], b: […]}")
            for name, tree in lists.items if lists is not None else ():
                text = self.context.layer_name(name, "a branch")
                parsed = self.layers.items(tree, known, f"branch `{shown(name.text)}`")
                if text is not None:
                    item.branches[text] = parsed
            if lists is not None and not lists.items:
                self.context.problem("VALUE103", "`parallel` needs a branch at least", branches)
        return item

    def _sequence(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = SequenceItem(place, place.span(self.context.file))
        item.body = self.layers.items(value, known, "`sequence`")
        return item

    def _check_keys(self, mapping: Mapping, what: str, known: dict[str, str], needed: str) -> None:
        unknown = [(key, value) for key, value in mapping.items if key.text not in known]
        lacks = mapping.get(needed) is None
        if lacks and needed == "branches" and unknown and all(isinstance(value, Sequence) for _, value in unknown):
            names = listed([key.text for key, _ in unknown], last="and")
            help = f"{names} stand{'' if len(unknown) > 1 else 's'} under `{needed}:`"
            self.context.problem("VALUE103", f"{what} needs `{needed}`", unknown[0][0], help=help)
            return
        for key, _ in unknown:
            elsewhere = STRUCTURE_KEYS_ELSEWHERE.get(key.text)
            help = f"did you mean `{elsewhere}`?" if elsewhere in known else ""
            self.context.unknown_key(key, what, known, help=help or None)
        if lacks and not unknown:
            self.context.problem("VALUE103", f"{what} needs `{needed}`", mapping)
