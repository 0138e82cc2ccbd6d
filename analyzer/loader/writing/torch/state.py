"""The tensors of a torch source that no module of their own has: they keep their names, so that its weights load."""

from __future__ import annotations

from analyzer.engine.network import Network
from analyzer.loader.writing.code.template import Built, Layout

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
