"""The tensors of a torch source that no module of their own has: they keep their names, so that its weights load."""

from __future__ import annotations

from math import prod

from analyzer.engine.network import Network
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
