"""Which framework a live module is of, and what it is called with.

No framework is imported here: a module can only be of one that its own code imported before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from analyzer.engine.network import Node
from analyzer.engine.result import Analysis
from analyzer.matching.observed import Entered, Observation
from analyzer.source import shown

#: The frameworks. Keras is first: a Keras model on torch is an `nn.Module` too.
_FRAMEWORKS = ("keras", "torch")


def observe(module: object, analysis: Analysis) -> Observation:
    """What one forward call of a live module shows, called with the inputs of a network.

    Raises what `check_module` raises, and `Unreadable` for a module that cannot be called with them.
    """
    check_module(module)
    if framework_of(module) == "keras":
        from analyzer.matching import keras_models

        return keras_models.observe(module, entered_by(analysis))
    from analyzer.matching import torch_modules

    return torch_modules.observe(module, entered_by(analysis))


def framework_of(module: object) -> str | None:
    """The framework that a module is an instance of: `keras` or `torch`; None for anything else."""
    for name in _FRAMEWORKS:
        if isinstance(module, _base(name)):
            return name
    return None


def entered_by(analysis: Analysis) -> list[Entered]:
    """The inputs of a network, in their order."""
    whole = _looked_up(analysis)
    return [Entered(node.name, node.output, node.index in whole) for node in analysis.network.inputs]


def _looked_up(analysis: Analysis) -> set[int]:
    """The nodes that layers look up in a table, so that they are whole numbers.

    Layers without weights and MACs before such a layer hand on the numbers of their inputs.
    """
    found: set[int] = set()
    for row in reversed(analysis.rows):
        node: Node = row.node
        hands_on = node.index in found and not (node.layer.authored or row.declared.parameters or row.macs)
        if node.layer.looks_up or hands_on:
            found.update(source.index for source in node.inputs)
    return found


def check_module(module: object, model: object = None) -> None:
    """Refuses with `TypeError`, in one line, what is not a torch or Keras module; `model` is the other argument."""
    if framework_of(module) is None:
        raise TypeError(_refusal(module, model))
    if isinstance(module, _class("keras", "Layer")) and not isinstance(module, _class("keras", "Model")):
        raise TypeError(
            f"a Keras layer has no input of its own: give a model, `keras.Sequential([{_kind(module)}(…)])`"
        )


def _refusal(module: object, model: object) -> str:
    """Why something is no module, and what to give instead."""
    if framework_of(model) is not None:
        return 'the arguments are swapped: write `assert_matches(module, "model.yaml")`'
    if module is None:
        return "a torch or Keras module is needed, not `None`"
    if isinstance(module, type):
        name = shown(module.__name__)
        return f"`{name}` is a class: give a module that is made of it, `{name}()`"
    if isinstance(module, (str, os.PathLike)):
        return f"`{shown(os.fspath(module))}` is a text: make the module, load its weights, and give the module"
    if isinstance(module, Mapping):
        return "a dict of weights has no layers: load it into the module, and give the module"
    if isinstance(module, (list, tuple)):
        return f"a {_kind(module)} is not called in an order: give the module that calls its modules"
    if callable(module):
        named = shown(str(getattr(module, "__name__", _kind(module))))
        return f"`{named}` is not a torch or Keras module: give the module that it makes or calls"
    return f"a torch or Keras module is needed, not a value of the type `{_kind(module)}`"


def _kind(thing: object) -> str:
    return shown(type(thing).__name__)


def _base(framework: str) -> type | tuple[()]:
    """The class of all modules of a framework."""
    return _class("keras", "Layer") if framework == "keras" else _class("torch.nn", "Module")


def _class(module: str, name: str) -> type | tuple[()]:
    """A class of a framework that is imported; of one that is not, no class at all, for `isinstance`."""
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else ()
