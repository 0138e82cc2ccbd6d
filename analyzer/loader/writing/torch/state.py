"""The tensors of a torch source that no module of their own has: they keep their names, so that its weights load."""

from __future__ import annotations

from math import prod

from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.template import Built, Code, Layout

#: What a layer constructs that is a tensor and no module.
TENSORS = ("nn.Parameter", "nn.Buffer")

#: The module whose first projection is a tensor of its own, and no `nn.Linear`.
_ATTENTION = "MultiheadAttention"


def projections(network: Network, built: list[Built]) -> dict[str, list[tuple[str, Built]]]:
    """The tensors of the first projections of `nn.MultiheadAttention`, by group; their layers in `built` use them."""
    found: dict[str, list[tuple[str, Built]]] = {}
    for node in network.nodes:
        if network.groups.get(node.name) != _ATTENTION or built[node.index].call != "nn.Linear":
            continue
        reads, puts = built[node.index].positional
        bias = built[node.index].named.get("bias", True)
        names = "self.in_proj_weight, self.in_proj_bias" if bias else "self.in_proj_weight"
        built[node.index] = Built(forward=f"F.linear({{0}}, {names})", layout=Layout.LAST)
        found[node.name] = [("in_proj_weight", Built("nn.Parameter", (puts, reads)))]
        if bias:
            found[node.name].append(("in_proj_bias", Built("nn.Parameter", (puts,))))
    return found


def shape_as_saved(network: Network, built: list[Built]) -> None:
    """Gives trained tensors the shapes in which the source saves them."""
    for node in network.nodes:
        saved, one = network.tensors.get(node.name), built[node.index]
        if one.call == "nn.Buffer" and saved is None and network.tensors:
            built[node.index] = one.but(named={**one.named, "persistent": False})
        if saved is None or one.call not in TENSORS or saved.shape == one.positional:
            continue
        if prod(saved.shape) == prod(one.positional):
            view = f"{{self}}.view({', '.join(map(str, one.positional))})"
            built[node.index] = one.but(positional=saved.shape or ((),), forward=one.forward.replace("{self}", view))


def copied_for_modules(network: Network, built: list[Built]) -> None:
    """Copies the parameters of which a module reads or puts out a view.

    Without gradients, `FlopCounterMode` of PyTorch 2.13 fails on a module that has such an input or output.
    """
    owner: dict[int, int] = {}  # of parameters and of what may be views of them
    copied = set()
    for node in network.nodes:
        one = built[node.index]
        if one.call == "nn.Parameter" and not node.inputs:
            owner[node.index] = node.index
        elif not one.call and len(node.inputs) == 1 and node.inputs[0].index in owner:
            owner[node.index] = owner[node.inputs[0].index]
        for source in node.inputs:
            if source.index in owner and (one.call not in ("", *TENSORS) or _group(source) != _group(node)):
                copied.add(source.index)
    copied.update(node.index for node in network.outputs if node.index in owner)
    for index in copied:
        own = built[owner[index]]
        if index != owner[index] or own.forward.startswith("{self}."):
            built[owner[index]] = own.but(forward=f"{own.forward.removesuffix('.clone()')}.clone()")


def _group(node: Node) -> str:
    return node.name.rpartition(".")[0]


def other_buffers(network: Network, built: list[Built]) -> dict[str, list[tuple[str, Built]]]:
    """The buffers that the source saves and no layer has, such as tables of positions, by the name of their group."""
    groups = {""}
    for node in network.nodes:
        parts = node.name.split(".")
        groups.update(".".join(parts[:length]) for length in range(1, len(parts)))
    found: dict[str, list[tuple[str, Built]]] = {}
    for name, saved in network.tensors.items():
        group, _, own = name.rpartition(".")
        if saved.parameter or group not in groups:
            continue
        if not any(layer and built[layer.index].call for layer in (network.names.get(group), network.names.get(name))):
            dtype = {} if saved.dtype == "float32" else {"dtype": Code(f"torch.{saved.dtype}")}
            sizes = saved.shape or ((),)
            found.setdefault(group, []).append((own, Built("nn.Buffer", sizes, dtype)))
    return found
