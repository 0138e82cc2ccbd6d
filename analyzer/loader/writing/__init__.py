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


def write(model: Model, network: Network, to: str, *, flat: bool = False) -> str:
    """The text of a network in one of `FORMS`; `flat` YAML has one item for each layer.

    `model` is the description that the network was placed from, with its budget and training settled. Raises
    `ModelError` with every layer that the form has no counterpart for.
    """
    from analyzer.loader.writing.head import comments_of, head_of

    head, comments = head_of(model, network), comments_of(model, network)
    if to == "torch":
        from analyzer.loader.writing.torch import write_torch

        return write_torch(network, head, comments)
    if to == "keras":
        from analyzer.loader.writing.keras import write_keras

        return write_keras(network, head, comments)
    if not flat:
        from analyzer.loader.writing.folded import write_folded

        return write_folded(network, head, comments)
    from analyzer.loader.writing.flat import write_flat

    return "".join(write_flat(network, head, comments))
