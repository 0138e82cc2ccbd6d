"""A network as one file of Keras 3 code, written as keras.applications are: functions for blocks, and a model.

Run as a program, the file builds the model without its values and compares it with the figures of the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.costs import cost_rows
from analyzer.engine.network import Network
from analyzer.loader.writing.code.layout import laid_out, literal
from analyzer.loader.writing.code.names import Names, legal
from analyzer.loader.writing.code.refusing import built_layers
from analyzer.loader.writing.keras.blocks import Blocks
from analyzer.loader.writing.keras.functions import found, without_functions
from analyzer.loader.writing.keras.helpers.texts import HELPERS, modules, needed
from analyzer.loader.writing.keras.layers import REFUSED, TEMPLATES
from analyzer.loader.writing.keras.names import names_of
from analyzer.loader.writing.keras.ties import frozen_later, owner_of, settled, unread
from analyzer.loader.writing.scalars import comment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Names that a function of a block cannot have.
_TAKEN = ("keras", "layers", "ops", "math", "itertools", "build_model", "main")

#: Texts and comments, in which a layer's name may look like code.
_NO_CODE = re.compile(r"""\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#.*""")

#: Compares the model with the figures.
_MAIN = '''

def main():
    """Builds the model without its values; 1 where a number differs from the report."""
    with keras.StatelessScope(initialize_variables=False):
        model = build_model()
    found = {
        "parameters": sum(math.prod(one.shape) for one in model.weights) - BUFFERS,
        "trainable": sum(math.prod(one.shape) for one in model.trainable_weights),
        "outputs": [tuple(one.shape[1:]) for one in model.outputs],
    }
    wrong = 0
    for name, expected in REPORT.items():
        print(f"{name}: {found[name]}")
        if found[name] != expected:
            print(f"  but the report says {expected}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    raise SystemExit(main())'''


def write_keras(network: Network, head: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """The text of a file; `head` has the name of the network, `comments` the lines at its top.

    Raises `ModelError` with every layer that Keras has no counterpart for.
    """
    return "".join(f"{line}\n" for line in _Writer(network, head).lines(comments))


class _Writer:
    """Writes one network."""

    # By hand: it finds the functions first.
    def __init__(self, network: Network, head: Mapping[str, Any]) -> None:
        self.network = network
        self.name = str(head.get("name") or "model")
        self.about = str(head.get("description") or self.name)
        self.built = settled(network, built_layers(network, TEMPLATES, REFUSED, "Keras code"))
        self.names, own = names_of(network, self.built)
        self.alone = unread(network)
        groups = found(network, self.built, self.alone) if own else without_functions(network, self.built)
        self.blocks = Blocks(network, self.built, groups, self.names, Names([*_TAKEN, *HELPERS]))
        self.helpers = needed({name for one in self.built for name in one.needs})
        functions = [function.name for function in self.blocks.functions.values()]
        self.variables = Names([*_TAKEN, *HELPERS, *functions, "x", "i"])

    def lines(self, comments: Sequence[str]) -> Iterator[str]:
        """The lines of the file."""
        body = [line for name in self.helpers for line in ("", "", *HELPERS[name].rstrip("\n").split("\n"))]
        for function in self.blocks.functions.values():
            body += ["", "", *function.lines]
        body += ["", "", *self._model()]
        yield from (comment(line) for line in comments)
        if comments:
            yield ""
        yield from (f"import {module}" for module in sorted({"math", *modules(self.helpers)}))
        yield ""
        yield "import keras"
        plain = _NO_CODE.sub("", "\n".join(body))
        used = [name for name in ("layers", "ops") if re.search(rf"\b{name}\.", plain)]
        if used:
            yield f"from keras import {', '.join(used)}"
        yield ""
        yield from self._figures()
        yield from body
        yield from _MAIN.split("\n")

    def _figures(self) -> Iterator[str]:
        """The numbers of the report."""
        cost = cost_rows(self.network, batch=1, dtype="float32")[1].declared
        outputs = [literal(node.output.sizes) for node in self.network.outputs]
        yield "# What the report says of this network; buffers are kept and not trained."
        yield f"BUFFERS = {cost.buffers}"
        yield "REPORT = {"
        yield f'    "parameters": {cost.parameters},'
        yield f'    "trainable": {cost.trainable},'
        yield from _item('"outputs"', f"[{', '.join(outputs)}]")
        yield "}"

    def _model(self) -> Iterator[str]:
        """The function that builds the model."""
        inputs = self.network.inputs
        given = {node.index: self.variables.new("inputs" if len(inputs) == 1 else legal(node.name)) for node in inputs}
        yield "def build_model():"
        yield f'    """{_quiet(self.about)}"""'
        for node in inputs:
            name = self.names[node.index]
            text = f"{given[node.index]} = keras.Input({literal(node.output.sizes)}, name={literal(name)})"
            yield from laid_out(text, 4, "" if name == node.name else comment(node.name).removeprefix("# "))
        before = self._kept()
        returns = [node.index for node in self.network.outputs]
        lines, variables = self.blocks.main(given, returns, before)
        yield from lines
        ends = [_listed([given[node.index] for node in inputs]), _listed([variables[index] for index in returns])]
        model = f"keras.Model({', '.join(ends)}, name={literal(self.name.replace('/', '_'))})"
        frozen = [self.names[index] for index in frozen_later(self.network, self.built)]
        if not self.alone and not frozen:
            yield from laid_out(f"return {model}", 4)
            return
        yield from laid_out(f"model = {model}", 4)
        if self.alone:
            kept = ", ".join(self.blocks.kept[index] for index in sorted(self.alone))
            yield from laid_out(f"model.unread = [{kept}]", 4, "layers that nothing reads")
        if frozen:
            yield from laid_out(f"frozen = {literal(frozen)}", 4)
            yield "    for name in frozen:"
            yield "        model.get_layer(name).trainable = False"
        yield "    return model"

    def _kept(self) -> dict[int, str]:
        """The statements that construct layers before they are called: those called again, and those nothing reads."""
        tied = [node for node in self.network.nodes if node.tied is not None and self.built[node.index].call]
        owners = {owner_of(node).index for node in tied} | self.alone
        before, kept = {}, {}
        for index in sorted(owners):
            kept[index] = self.variables.new(f"shared_{legal(self.network.nodes[index].name)}")
            before[index] = f"{kept[index]} = {self.blocks.alone(index)}"
        self.blocks.kept = {**kept, **{node.index: kept[owner_of(node).index] for node in tied}}
        return before


def _item(key: str, value: str) -> Iterator[str]:
    """An item of a dictionary; a list that is too long for a line has its items on lines of their own."""
    first, *rest = laid_out(f"_ = {value}", 4)
    line = f"    {key}: {first.lstrip().removeprefix('_ = ')}"
    if rest or len(line) < 88:
        yield from [*[line, *rest][:-1], f"{[line, *rest][-1]},"]
        return
    yield f"    {key}: ["
    yield from (f"        {one}," for one in re.findall(r"\([^)]*\)", value))
    yield "    ],"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _quiet(text: str) -> str:
    """A text as a docstring of one line may have it."""
    line = " ".join(text.split()).replace("\\", "/").replace('"', "'")
    line = "".join(one if one.isprintable() else "?" for one in line)[:70].strip()
    return f"{line or 'The network'}{'' if line.endswith('.') else '.'}"
