"""Which module of a torch network owns which numbers, before it runs.

A module that has parameters or buffers of its own is an owner, with all of them. Where modules inside it have
parameters too, its own ones are free: each is an owner by itself, since they are used apart. A composite module that
the catalogue has as one layer is one owner with those inside it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from math import prod

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Attributes under which modules that only pass on a call keep the module that they wrap.
WRAPPERS = {
    "OptimizedModule": "_orig_mod",
    "DataParallel": "module",
    "DistributedDataParallel": "module",
    "AveragedModel": "module",
    "CheckpointWrapper": "_checkpoint_wrapped_module",
    "OffloadWrapper": "_checkpoint_wrapped_module",
    "_FabricModule": "_original_module",
}

#: Packages of modules that note the range of numbers, to quantise them later; they are no layers.
_OBSERVERS = ("torch.ao.quantization", "torch.quantization")

#: The module of a module's parametrizations.
_PARAMETRIZED = "parametrizations"


class Part(Record):
    """A projection of a composite owner: its numbers, and the depth that it puts out."""

    name: str
    weights: Sequence[Any]
    biases: Sequence[Any]
    width: int


class Owner(Record):
    """What owns numbers: a module, or one free parameter or buffer of a module that is called for more.

    path     its path; that of a free parameter ends with the parameter's own name
    kind     its class; `Parameter` or `Buffer` for a free one
    module   the `id` of the module whose call is a call of it; None for a free one
    inside   the `id` of the module that a free one belongs to
    weights, biases, buffers
             its tensors; a batch counter and others without fractions are none
    parts    the projections of a composite one
    free     the parameters of a class of the user's own, by name: a network may have each as a layer
    """

    path: str
    kind: str
    module: int | None
    inside: int | None
    weights: list[Any]
    biases: list[Any]
    buffers: list[Any]
    parts: Sequence[Part] = ()
    free: Mapping[str, Any] = field(factory=dict)

    @property
    def trained(self) -> list[Any]:
        """Its parameters."""
        return [*self.weights, *self.biases]


class Structure(Record):
    """A module before it runs.

    owners   what owns numbers, in the order in which the modules are registered
    modules  the class of each module by its path
    paths    the path and the class of each module by its `id`; the first, where it has several
    """

    owners: list[Owner]
    modules: dict[str, str]
    paths: dict[int, tuple[str, str]]


def kind_of(module: Any) -> str:
    """The class of a module, as the user wrote it: parametrizations and sharding make a class of their own."""
    cls = type(module)
    if _PARAMETRIZED in children(module) and cls.__name__.startswith("Parametrized"):
        cls = cls.__mro__[1]
    return str(cls.__name__)


def children(module: Any) -> Mapping[str, Any]:
    """The modules directly inside a module, by name."""
    found: Mapping[str, Any] = vars(module).get("_modules") or {}
    return {name: one for name, one in found.items() if one is not None}


def wrapped(module: Any) -> Any:
    """The module that a wrapper passes its calls on to; None for a module that is no wrapper."""
    cls = type(module)
    name = WRAPPERS.get(cls.__name__)
    if name is None or cls.__module__.partition(".")[0] not in ("torch", "lightning", "lightning_fabric"):
        return None
    return children(module).get(name)


def unwrapped(module: Any) -> Any:
    """A module without the wrappers around it."""
    while (inner := wrapped(module)) is not None:
        module = inner
    return module


def structure_of(module: Any) -> Structure:
    """The owners of a module and of all modules in it."""
    found = Structure([], {}, {})
    deep: dict[int, bool] = {}
    parts: set[int] = set()
    for path, one in _walk(module):
        found.modules[path] = kind_of(one)
        if id(one) in found.paths:
            continue
        found.paths[id(one)] = (path, found.modules[path])
        passed = id(one) in parts or _is_list(one) or type(one).__module__.startswith(_OBSERVERS) or _is_loss(one)
        owners = [] if passed else list(_owners(one, path, deep))
        found.owners += owners
        if owners and owners[0].parts:
            parts.update(map(id, children(one).values()))
    return found


def _walk(module: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each module with its path, in the order of registration; those of parametrizations and composites too."""
    waiting = [(path, module, frozenset[int]())]
    while waiting:
        path, one, above = waiting.pop()
        one = unwrapped(one)
        if id(one) in above:  # a module inside itself
            continue
        yield path, one
        inner = [(_joined(path, name), child, above | {id(one)}) for name, child in children(one).items()]
        waiting += reversed([each for each in inner if each[0].rpartition(".")[2] != _PARAMETRIZED])


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def own(module: Any, which: str) -> dict[str, Any]:
    """The parameters (`_parameters`) or buffers (`_buffers`) that a module has directly."""
    found: Mapping[str, Any] = vars(module).get(which) or {}
    return {name: one for name, one in found.items() if one is not None}


def _has_parameters(module: Any, deep: dict[int, bool]) -> bool:
    """Whether a module, or one inside it, has parameters."""
    known = deep.get(id(module))
    if known is None:
        deep[id(module)] = False  # a module inside itself
        known = bool(own(module, "_parameters")) or any(_has_parameters(one, deep) for one in children(module).values())
        deep[id(module)] = known
    return known


def _owners(module: Any, path: str, deep: dict[int, bool]) -> Iterator[Owner]:
    """The owners among a module's own numbers."""
    parameters, buffers = _numbers(module)
    inside = {name: one for name, one in children(module).items() if name != _PARAMETRIZED and not _is_list(one)}
    if _is_attention(module, parameters, inside, deep):
        yield _attention(module, path, parameters)
    elif any(_has_parameters(one, deep) for one in inside.values()):
        for name, one in parameters.items():
            yield Owner(_joined(path, name), "Parameter", None, id(module), [one], [], [])
        for name, one in buffers.items():
            yield Owner(_joined(path, name), "Buffer", None, id(module), [], [], [one])
    elif parameters or buffers:
        weights, biases = _split(parameters)
        own = {} if buffers or len(parameters) < 2 or type(module).__module__.startswith("torch.") else parameters
        yield Owner(path, kind_of(module), id(module), None, weights, biases, list(buffers.values()), (), own)


def _numbers(module: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of a module, and its buffers that count as such.

    A parametrized tensor is made of what its parametrizations keep. Vectors of spectral norm and masks of pruning are
    means of making weights, and count as nothing.
    """
    parameters, buffers = own(module, "_parameters"), own(module, "_buffers")
    inside = children(module)
    for name, each in children(inside[_PARAMETRIZED]).items() if _PARAMETRIZED in inside else ():
        made_of = [one for _, inner in _walk(each) for one in own(inner, "_parameters").values()]
        parameters.update((f"{name}.{at}", one) for at, one in enumerate(made_of))
    for name, each in inside.items():
        if _is_list(each):
            parameters.update((f"{name}.{inner}", one) for inner, one in own(each, "_parameters").items())
    made = {name.removesuffix("_orig") for name in parameters if name.endswith("_orig")}
    means = {f"{name}_{end}" for name in made for end in ("u", "v", "mask")}
    return parameters, {name: one for name, one in buffers.items() if name not in means and _is_counted(one)}


def _is_list(module: Any) -> bool:
    """Whether a module only keeps parameters for the one that it is in."""
    nn = sys.modules["torch"].nn
    return isinstance(module, (nn.ParameterList, nn.ParameterDict)) and not children(module)


def _is_loss(module: Any) -> bool:
    """Whether a module is a loss of torch: the weights of its classes are none of the network."""
    return any(base.__module__ == "torch.nn.modules.loss" for base in type(module).__mro__)


def _is_counted(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())


def _split(parameters: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Weights and biases, by their names; a module that has nothing but biases has them as weights."""
    weights = [one for name, one in parameters.items() if not is_bias(name)]
    if not weights:
        return list(parameters.values()), []
    return weights, [one for name, one in parameters.items() if is_bias(name)]


def is_bias(name: str) -> bool:
    """Whether a parameter's name says that it is added: `bias`, `bias_ih_l0`, `in_proj_bias`, `bias_orig`."""
    words = name.partition(".")[0].lower().split("_")
    return words[-1] in ("bias", "biases") or words[0] == "bias" or (words[-1] == "orig" and "bias" in words)


def _is_attention(module: Any, parameters: Mapping[str, Any], inside: Mapping[str, Any], deep: dict[int, bool]) -> bool:
    """Whether a module is torch's own multi-head attention, whose output projection is never called."""
    if not isinstance(module, sys.modules["torch"].nn.MultiheadAttention):
        return False
    others = [name for name, one in inside.items() if name != "out_proj" and _has_parameters(one, deep)]
    return not others and "out_proj" in inside and not own(inside["out_proj"], "_buffers")


def _attention(module: Any, path: str, parameters: Mapping[str, Any]) -> Owner:
    """Multi-head attention, with its projections as parts."""
    out = _numbers(children(module)["out_proj"])[0]
    left = dict(parameters)
    added = left.pop("in_proj_bias", None)
    parts = []
    for name in [name for name in left if name.endswith("proj_weight")]:
        one = left.pop(name)
        width = one.shape[0]
        parts.append(Part(name.removesuffix("_weight"), [one], [], width))
    if added is not None and len(parts) == 1:
        parts[0] = parts[0].but(biases=[added])
    elif added is not None:
        parts.append(Part("in_proj", [], [added], prod(added.shape)))
    parts += [Part(name, [one], [], one.shape[-1]) for name, one in left.items()]
    weights, biases = _split(out)
    parts.append(Part("out_proj", weights, biases, weights[0].shape[0]))
    weights = [one for part in parts for one in part.weights]
    biases = [one for part in parts for one in part.biases]
    return Owner(path, kind_of(module), id(module), None, weights, biases, [], parts)
