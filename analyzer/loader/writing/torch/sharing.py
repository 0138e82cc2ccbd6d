"""The end of the outermost constructor: which layers have the weights of others, and which are not trained."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.classes import Classes, Kind, constructed
from analyzer.loader.writing.code.layout import COLUMNS, laid_out
from analyzer.loader.writing.code.refusing import CODE
from analyzer.loader.writing.code.scopes import Item, Scope
from analyzer.loader.writing.torch.modules import Modules, member
from analyzer.source import shown

#: Modules whose weights have the same shape where the one leads back from the other.
_BACK = {
    ("nn.Embedding", "nn.Linear"),
    ("nn.Conv1d", "nn.ConvTranspose1d"),
    ("nn.Conv2d", "nn.ConvTranspose2d"),
    ("nn.Conv3d", "nn.ConvTranspose3d"),
}


def shared_lines(network: Network, classes: Classes, whole: Modules) -> list[str]:
    """The lines that tie and freeze layers. Raises `ModelError` for layers whose weights cannot be one tensor."""
    if not any(node.tied is not None or node.frozen for node in network.nodes):
        return []
    places = _Places(classes, whole)
    found = [line for node in network.nodes if node.tied is not None for line in places.tied(node, node.tied)]
    if places.refused:
        raise ModelError(places.refused)
    return [line for one in (*found, *places.frozen(network)) for line in laid_out(one, 8)]


def _assigned(target: str, value: str) -> Iterator[str]:
    """An assignment; in two where it does not fit on one line."""
    if len(target) + len(value) + 3 > COLUMNS - 8:
        yield f"shared = {value}"
        value = "shared"
    yield f"{target} = {value}"


class _Places:
    """Where the module of each layer is, as an expression of the outermost class."""

    # By hand: it goes through all classes first.
    def __init__(self, classes: Classes, whole: Modules) -> None:
        self.classes = classes
        self.exact = whole.exact
        self.refused: list[Diagnostic] = []
        self.paths: dict[int, str] = {}
        self.items: dict[int, Item] = {}
        self._modules: dict[int, Modules] = {id(whole.kind): whole}
        self._scope(whole.kind.first, "self")

    def _scope(self, scope: Scope, around: str) -> None:
        kind = self.classes.of[id(scope)]
        for number, item in enumerate(scope.items):
            if item.again is not None:
                continue
            path = around + self._access(kind, number, item)
            if item.scope is not None:
                self._scope(item.scope, path)
            elif item.built is not None and item.built.call:
                self.paths[item.index] = path
                self.items[item.index] = item

    def _access(self, kind: Kind, number: int, item: Item) -> str:
        """What leads from a scope to one of its steps; classes have the attributes of their first member."""
        if kind.in_line or kind.numbered:
            return member(item.path[-1]) if self.exact else f"[{number}]"
        if id(kind) not in self._modules:
            self._modules[id(kind)] = Modules(self.classes, kind, exact=self.exact)
        modules = self._modules[id(kind)]
        first = kind.first.items[number]
        return "".join(map(member, modules.attributes[id(first)])) if id(first) in modules.attributes else ""

    def tied(self, node: Node, owner: Node) -> Iterator[str]:
        """The statements that give a layer the weights of another one."""
        while owner.index not in self.paths and owner.tied is not None:
            owner = owner.tied
        mine, theirs = self.paths.get(node.index), self.paths.get(owner.index)
        if mine is None:
            return  # it calls the module of the other layer
        if theirs is None or not self._fits(node, owner):
            self.refused.append(
                Diagnostic(
                    CODE,
                    f"`{shown(node.name)}`, a `{node.layer.type}`, cannot be written as PyTorch code: its weights are those"
                    f" of `{shown(owner.name)}`, which PyTorch keeps in another shape",
                    node.origin.span,
                )
            )
            return
        if not node.weights_only and self._built(node) == self._built(owner):
            yield from _assigned(mine, theirs)
            return
        yield from _assigned(f"{mine}.weight", f"{theirs}.weight")
        whole = not node.weights_only and node.layer.type == owner.layer.type
        if whole and node.layer.parameters(node.flow, node.layer.declared_sharing).biases:
            yield from _assigned(f"{mine}.bias", f"{theirs}.bias")

    def _built(self, node: Node) -> tuple[str, list[str], dict[str, str]]:
        built = self.items[node.index].built
        assert built is not None  # only layers have places
        return constructed(built)

    def _fits(self, node: Node, owner: Node) -> bool:
        """Whether torch keeps the weights of both layers in one shape."""
        mine, theirs = self._built(node)[0], self._built(owner)[0]
        bank, other = node.layer.bank(node.flow), owner.layer.bank(owner.flow)
        if mine == theirs:
            return bank is None or other is None or bank == other
        if (mine, theirs) not in _BACK and (theirs, mine) not in _BACK:
            return False
        return bank is None or other is None or bank == other.transposed

    def frozen(self, network: Network) -> Iterator[str]:
        """The statements that stop the training of layers."""
        for node in network.nodes:
            path = self.paths.get(node.index)
            if node.frozen and path is not None:
                yield f"{path}.requires_grad_(False)"
