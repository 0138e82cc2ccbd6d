"""The layers placed so far by their names, as a scope sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import Reason, Refusal, nearest
from analyzer.engine.network import Network, Node
from analyzer.layers import SHARED
from analyzer.loader.expand.scope import Missing, Scope, written_names
from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.source import shown


class LayerWord(str):
    """A word that names a layer visible where it was written, and means that layer wherever it is used."""

    __slots__ = ("node", "prefix")
    node: Node | Missing
    #: The prefix of the scope in which the word was written.
    prefix: str

    def __new__(cls, text: str, node: Node | Missing, prefix: str) -> LayerWord:
        word = super().__new__(cls, text)
        word.node = node
        word.prefix = prefix
        return word

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Pickled as a plain word: which layer it means matters only while a model is expanded."""
        return str, (str(self),)


class Names:
    """The layers placed so far by their names, as a scope sees them."""

    def __init__(self, network: Network) -> None:
        self.network = network
        #: The inputs of the network, which the outermost scope sees.
        self.inputs: dict[str, Node | Missing] = {}
        #: The labels of the scopes in which something was placed, by their paths.
        self.inside: dict[str, dict[str, Node | Missing]] = {}
        #: The layers themselves by their full names, for `tied`.
        self.layers = network.names
        #: The first node of a block or structure and the one behind it, by its path; None after a mistake in it.
        self.groups: dict[str, tuple[int, int] | None] = {}
        #: How often the layer, block or structure at a path is repeated.
        self.turns: dict[str, int] = {}
        self._owners: dict[str, Sequence[Node]] = {}
        #: Cache of messages about unknown names, since a block is called often.
        self._misses: dict[tuple[str, int], tuple[str, str | None, Reason | None]] = {}

    def resolve(self, name: str, scope: Scope, above: Node | Missing, entry: Node | Missing) -> Node | Missing:
        """The node that `name` means in `scope`; `above` is the layer above, `entry` the network's input."""
        if isinstance(name, LayerWord):
            return name.node
        found = self.visible(name, scope, above, entry)
        if found is None:
            raise self._unknown(name, scope)
        return found

    def visible(self, name: str, scope: Scope, above: Node | Missing, entry: Node | Missing) -> Node | Missing | None:
        """The node that a word means in `scope`, or None; see `resolve`."""
        if name == "prev":
            return above
        if name == "input":
            return entry
        if name == "block_input":
            return scope.called_on
        around: Scope | None = scope
        while around is not None:
            found = around.labels.get(name)
            if found is None and "." in name:
                found = self._within(around.prefix, name)
            if found is not None:
                return found
            around = around.parent
        return None

    def repetitions(self, name: str, scope: Scope) -> list[LayerWord] | None:
        """The repetitions so far that `name.*` means, each as a word for it; None where it is no such name."""
        base = name.removesuffix(".*")
        around: Scope | None = scope if base != name and not isinstance(name, LayerWord) else None
        while around is not None:
            if around.prefix + base in self.turns:
                found: list[LayerWord] = []
                while (node := around.labels.get(f"{base}.{len(found) + 1}")) is not None:
                    found.append(LayerWord(f"{base}.{len(found) + 1}", node, around.prefix))
                return found
            around = around.parent
        return None

    def _within(self, prefix: str, path: str) -> Node | Missing | None:
        """The node that a path with dots in it means, behind the prefix of a scope."""
        place = path.find(".")
        while place > 0:
            found = self.inside.get(prefix + path[:place], {}).get(path[place + 1 :])
            if found is not None:
                return found
            place = path.find(".", place + 1)
        return self.layers.get(prefix + path)

    def owner(self, name: str, scope: Scope, turn: tuple[int, int]) -> Node:
        """The layer whose parameters `tied: name` reuses: in the same scope, then outwards.

        `turn` is the repetition of the tied layer and how many there are. A repeated layer means its repetition of that
        number where there are as many of both, otherwise its last one.
        """
        for prefix in _prefixes(name, scope):
            path = prefix + name
            same = f"{path}.{turn[0]}" if turn[0] and self.turns.get(path) == turn[1] else path
            found = self.layers.get(same) or self.layers.get(path)
            if found is not None:
                return found
            if path in self.groups:
                span = self.groups[path]
                first = "" if span is None else self.network.nodes[span[0]].name.removeprefix(prefix)
                raise Refusal(
                    f"{{layer}} is a layer, but `{shown(name)}`, whose parameters it reuses, is a group of layers",
                    code="NAME105",
                    help=f"`tied: {shown(first)}` names a layer of it" if first else None,
                )
        raise self._unknown(name, scope)

    def group(self, name: str, scope: Scope, turn: tuple[int, int]) -> str:
        """The path of the block or structure whose parameters `tied: name` reuses; see `owner`.

        Raises `Refusal` where it has another number of repetitions.
        """
        for prefix in _prefixes(name, scope):
            path = prefix + name
            turns = self.turns.get(path, 0)
            if path in self.groups and turn[0] and turns:
                if turns != turn[1]:
                    raise Refusal(
                        f"{{layer}} is repeated {turn[1]} times, but `{shown(path)}`, whose parameters it reuses, {turns} times",
                        code="NAME105",
                        help=f"`tied: {shown(name)}.{turns}` names one repetition of it",
                    )
                path = f"{path}.{turn[0]}"
            if path in self.groups:
                return path
            if path in self.layers:
                layer = self.layers[path].layer
                raise Refusal(
                    f"{{layer}} is a group of layers, but `{shown(name)}`, whose parameters it reuses, is a `{layer.type}`",
                    code="NAME105",
                    help="tie each layer of it by itself",
                )
        raise self._unknown(name, scope)

    def owners(self, path: str) -> Sequence[Node] | None:
        """The nodes with parameters of the group at a path; None where a mistake left them open."""
        span = self.groups[path]
        if span is not None and path not in self._owners:
            nodes = self.network.nodes[span[0] : span[1]]
            self._owners[path] = [node for node in nodes if has_parameters(node)]
        return self._owners.get(path)

    def unknown_argument(self, name: str, caller: Scope) -> Refusal:
        """The refusal of an argument of a block that names no layer where the block is called."""
        refusal = self._unknown(name, caller)
        if refusal.reason is None and refusal.help is None:
            refusal.help = "an argument names a layer above the call"
        return refusal

    def _unknown(self, name: str, scope: Scope) -> Refusal:
        key = (name, id(scope.items))
        if key not in self._misses:
            self._misses[key] = self._missed(name, scope)
        message, help, reason = self._misses[key]
        return Refusal(message, code="NAME104", help=help, reason=reason)

    def _missed(self, name: str, scope: Scope) -> tuple[str, str | None, Reason | None]:
        """The message about a name that nothing visible has, the help and the reason."""
        if name == "block_input":
            message = "`block_input` is the volume that a block was called on, but this layer is in no block"
            return message, "`prev` is the layer above, `input` the network's input", None
        if _comes_later(name, scope):
            message = f"`{shown(name)}` comes later; a layer can only read layers above it"
            return message, "move it up, or read another layer", Reason.COMES_LATER
        within = next((p for p, labels in self.inside.items() if name in labels and p.startswith(scope.prefix)), None)
        if within is not None:
            path = within[len(scope.prefix) :]
            return (
                f"`{shown(name)}` is inside `{shown(path)}` and not visible from here",
                f"`{shown(path.partition('.')[0])}` is its output",
                None,
            )
        from analyzer.words.references import reference_help  # with tables that only a mistake needs

        near = nearest(name, [*_visible(scope, dotted="." in name), *TAKEN_NAMES])
        help = f"did you mean `{near}`?" if near else reference_help(name)
        if help is None and scope.caller is not None:
            help = "a block only sees its own names; pass it a layer as an argument"
        return f"no layer above is called `{shown(name)}`", help, None


def has_parameters(node: Node) -> bool:
    """Whether a placed layer has weights, biases or buffers."""
    counts = node.layer.parameters(node.flow, SHARED)
    return bool(counts.weights or counts.biases or counts.buffers)


def _prefixes(name: str, scope: Scope) -> Iterator[str]:
    """The prefixes of a scope and of those around it, where a name for `tied` is looked for."""
    prefix = name.prefix if isinstance(name, LayerWord) else scope.prefix
    yield prefix
    while prefix:
        prefix = prefix[: prefix.rstrip(".").rfind(".") + 1]
        yield prefix


def _visible(scope: Scope, *, dotted: bool) -> list[str]:
    """The names that a scope sees, nearest first; those with a dot only where they are asked for."""
    visible: list[str] = []
    around: Scope | None = scope
    while around is not None:
        visible += [label for label in around.labels if dotted or "." not in label]
        around = around.parent
    return visible


def _comes_later(name: str, scope: Scope) -> bool:
    """Whether the file gives the name to a layer that is not placed yet."""
    around: Scope | None = scope
    while around is not None:
        if name in written_names(around.items):
            return True
        around = around.parent
    return False
