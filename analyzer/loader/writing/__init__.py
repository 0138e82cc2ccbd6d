"""Writers: a placed network as a file.

`write` gives the whole text in one of `FORMS`. Each writer is imported when it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.network import Network
    from analyzer.loader.parse.description import Model

#: What a network can be written as, the default first.
FORMS = ("yaml", "torch", "keras")

#: If more than one layer in this many has a group, the names of a foreign file show its blocks.
_GROUPED = 20


def write(model: Model, network: Network, to: str, *, flat: bool = False) -> str:
    """The text of a network in one of `FORMS`; `flat` YAML has one item for each layer.

    `model` is the description that the network was placed from, with its budget and training settled. Raises
    `ModelError` with every layer that the form has no counterpart for.
    """
    from analyzer.loader.writing.head import comments_of, head_of

    head, comments = head_of(model, network), comments_of(model, network)
    if to == "torch":
        from analyzer.loader.writing.torch import write_torch

        return write_torch(with_groups(network), head, comments)
    if to == "keras":
        from analyzer.loader.writing.keras import write_keras

        return write_keras(with_groups(network), head, comments)
    if not flat:
        from analyzer.loader.writing.folded import write_folded

        return write_folded(network, head, comments)
    from analyzer.loader.writing.flat import write_flat

    return "".join(write_flat(network, head, comments))


def with_groups(network: Network) -> Network:
    """The network that code is made of: blocks have to be found where the names in a foreign file have no groups.

    It is that of the folded model then, whose layers are the same, in the same order, under other names.
    """
    if network.source is None or network.groups or _GROUPED * _in_groups(network) > len(network.nodes):
        return network
    from analyzer.loader.writing.folded import network_of, write_folded

    made = network_of(write_folded(network, {"name": "network"}))
    return made if made is not None and _in_groups(made) > _in_groups(network) else network


def _in_groups(network: Network) -> int:
    """The layers in groups that are more than a layer with its `norm` and `act`."""
    from analyzer.engine.tree import tree_of

    return sum(part.layers for part in tree_of(network).parts if part.parts and not part.expanded)
