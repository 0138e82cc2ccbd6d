"""A network as a file of PyTorch code: a class for each block, and a check of its own numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.costs import cost_rows
from analyzer.engine.network import Network
from analyzer.loader.writing.code.classes import Classes, Kind
from analyzer.loader.writing.code.layout import laid_out, literal, signature
from analyzer.loader.writing.code.names import Names, class_name, legal
from analyzer.loader.writing.code.passes import Pass, input_names
from analyzer.loader.writing.code.refusing import built_layers
from analyzer.loader.writing.code.scopes import Item, Scopes
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.scalars import comment
from analyzer.loader.writing.torch.axes import Axes, moved
from analyzer.loader.writing.torch.layers import HELPERS, REFUSED, TEMPLATES
from analyzer.loader.writing.torch.modules import Modules
from analyzer.loader.writing.torch.sharing import shared_lines
from analyzer.loader.writing.torch.state import copied_for_modules, other_buffers, projections, shape_as_saved
from analyzer.loader.writing.torch.words import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Names that a class cannot have.
_TAKEN = ("OrderedDict", "F", "Tensor", "OUTPUTS", "PARAMETERS")


def write_torch(network: Network, head: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """The text of a file; `head` has the name of the network, `comments` the lines at its top.

    Raises `ModelError` with every layer that torch has no counterpart for.
    """
    return "".join(f"{line}\n" for line in _Writer(network, head).lines(comments))


class _Writer:
    """Writes one network."""

    # By hand: it finds the classes first.
    def __init__(self, network: Network, head: Mapping[str, Any]) -> None:
        self.network = network
        self.head = head
        templates = built_layers(network, TEMPLATES, REFUSED, "PyTorch code")
        self.exact = network.source is not None and network.source.producer in ("torch", "pytorch")
        self.axes = Axes(network, templates)
        self.built = self.axes.built
        for index, move in enumerate(self.axes.after):
            if move:
                self.built[index] = moved(self.built[index], move)
        tensors: dict[str, list[tuple[str, Built]]] = {}
        if self.exact:
            tensors = projections(network, self.built)
            shape_as_saved(network, self.built)
            for group, buffers in other_buffers(network, self.built).items():
                tensors.setdefault(group, []).extend(buffers)
        copied_for_modules(network, self.built)
        scopes = Scopes(network, self.built, self.axes.moves, tensors, exact=self.exact)
        self.whole = scopes.whole()
        self.helpers = [HELPERS[name] for name in dict.fromkeys(name for one in self.built for name in one.needs)]
        taken = (*_TAKEN, *re.findall(r"^(?:class|def) (\w+)", "\n".join(self.helpers), re.MULTILINE))
        name = class_name(str(head.get("name") or "Net"))
        self.name = f"{name}Net" if name in taken else name
        self.classes = Classes(network, self.whole, WORDS, self.name, taken, exact=self.exact)

    def lines(self, comments: Sequence[str]) -> Iterator[str]:
        """The lines of the file."""
        body = [*self._helper_lines(), *(line for kind in self.classes.kinds for line in self._class(kind))]
        body += self._figures()
        yield from (comment(line) for line in comments)
        if comments:
            yield ""
        yield from _imports("\n".join(body))
        yield from body[1:] if body[2].startswith("#") else body  # ruff wants one line between imports and a comment

    def _helper_lines(self) -> Iterator[str]:
        for text in self.helpers:
            yield from ("", "", *text.strip("\n").split("\n"))

    def _class(self, kind: Kind) -> Iterator[str]:
        """The lines of a class."""
        whole = kind.first is self.whole
        modules = Modules(self.classes, kind, exact=self.exact)
        if kind.numbered:
            yield from ("", "", f"class {kind.name}(nn.Sequential):")
            yield from signature("__init__", ["self", *_parameters_of(kind)], 4)
            yield from modules.numbered(8)
            return
        lines = list(modules.lines(8))
        if whole:
            lines += shared_lines(self.network, self.classes, modules)
        yield from ("", "", f"class {kind.name}(nn.Module):")
        if whole:
            yield f'    """{self._about()}"""'
            yield ""
        if lines:
            yield from signature("__init__", ["self", *_parameters_of(kind)], 4)
            yield "        super().__init__()"
            yield from lines
            yield ""
        yield from self._forward(kind, modules, whole=whole)

    def _about(self) -> str:
        about = str(self.head.get("description") or self.head.get("name") or "A network")
        line = " ".join(about.split()).replace("\\", "/").replace('"', "'")[:70].strip()
        return f"{line or 'A network'}{'' if line.endswith('.') else '.'}"

    def _forward(self, kind: Kind, modules: Modules, *, whole: bool) -> Iterator[str]:
        scope = kind.first
        names = self._input_names() if whole else input_names(scope)
        yield from signature("forward", ["self", *names], 4)
        numbers = {id(item): number for number, item in enumerate(scope.items)}

        def call(item: Item, reads: Sequence[str]) -> str:
            return self._call(kind, modules, numbers[id(item)], item, reads)

        yield from Pass(scope, names, call).lines(8, self._comments(kind))

    def _input_names(self) -> list[str]:
        """The names of the inputs of the network; a single one is `x`."""
        if len(self.network.inputs) == 1:
            return ["x"]
        names = Names()
        return [names.new(legal(node.name)) for node in self.network.inputs]

    def _call(self, kind: Kind, modules: Modules, number: int, item: Item, reads: Sequence[str]) -> str:
        """The expression of one step."""
        if item.built is None:
            return f"{modules.access(item)}({', '.join(reads)})"
        texts = {name: kind.texts[number, "forward", name] for name in item.built.values}
        kept = modules.values
        values = {name: f"self.{kept[text]}" if text in kept else text for name, text in texts.items()}
        own = modules.access(item) if item.built.call else ""
        if list(reads) == ["*inputs"] and "[{all}]" in item.built.forward:
            return item.built.forward.replace("[{all}]", "inputs").format(self=own, **values)
        return item.built.forward.format(*reads, all=", ".join(reads), self=own, **values)

    def _comments(self, kind: Kind) -> dict[int, str]:
        """The volumes that steps put out, by the number of the step, where it is one volume in every member."""
        found: dict[int, str] = {}
        for number, steps in enumerate(zip(*[scope.items for scope in kind.members], strict=True)):
            volumes = {str(self.network.nodes[item.gives[0]].output) if len(item.gives) == 1 else "" for item in steps}
            if len(volumes) == 1:
                found[number] = volumes.pop()
        return found

    def _figures(self) -> Iterator[str]:
        """The numbers of the report, and the function that compares them with those of the classes."""
        yield from ("", "", "# What the report says of this network.")
        yield f"PARAMETERS = {_parameters(self.network)}"
        outputs = {node.name: (1, *self.axes.shape(node)) for node in self.network.outputs}
        yield from laid_out(f"OUTPUTS = {literal(outputs)}")
        inputs = []
        looked_up = {source.index for node in self.network.nodes if node.layer.looks_up for source in node.inputs}
        for node in self.network.inputs:
            shape = ", ".join(map(str, (1, *self.axes.shape(node))))
            inputs.append(f"torch.zeros({shape}{', dtype=torch.long' if node.index in looked_up else ''})")
        yield from ("", "", "def main():")
        yield '    """Runs one forward pass without memory; 1 where a number differs from the report."""'
        yield '    with torch.device("meta"), torch.no_grad():'
        yield f"        network = {self.name}().eval()"
        yield from laid_out(f"outputs = network({', '.join(inputs)})", 8)
        if len(outputs) == 1:
            yield "    outputs = [outputs]"
        yield from _COMPARISON.split("\n")


_COMPARISON = """\
    parameters = sum(one.numel() for one in network.parameters())
    print(f"parameters: {parameters:,}")
    wrong = []
    if parameters != PARAMETERS:
        wrong.append(f"the report says {PARAMETERS:,} parameters")
    for (name, shape), output in zip(OUTPUTS.items(), outputs):
        print(f"{name}: {tuple(output.shape)}")
        if tuple(output.shape) != shape:
            wrong.append(f"the report says {shape} for {name}")
    print(*wrong, sep="\\n", end="\\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())"""


def _imports(body: str) -> Iterator[str]:
    """The imports that a text needs."""
    if re.search(r"\bmath\.", body):
        yield "import math"
    if "OrderedDict(" in body:
        yield "from collections import OrderedDict"
    if re.search(r"\bmath\.|\bOrderedDict\(", body):
        yield ""
    yield "import torch"
    if re.search(r"\bF\.", body):
        yield "import torch.nn.functional as F"
    yield "from torch import nn"


def _parameters_of(kind: Kind) -> list[str]:
    """The parameters of a class, as its constructor has them."""
    return [one.name if one.default is None else f"{one.name}={one.default}" for one in kind.parameters]


def _parameters(network: Network) -> int:
    """The trained numbers of a network, each layer with the sharing that it declares."""
    return cost_rows(network, batch=1, dtype="float32")[1].declared.parameters
