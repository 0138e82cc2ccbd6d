"""Attention over queries, keys and values that other layers put out.

Source: torch.nn.functional.scaled_dot_product_attention (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.attending import attended
from analyzer.loader.formats.pt2.operators.elementwise import is_volume
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.views import Tensor


@operator(
    "aten.scaled_dot_product_attention", "aten._scaled_dot_product_flash_attention_for_cpu",
    "aten._scaled_dot_product_flash_attention", "aten._scaled_dot_product_efficient_attention",
    "aten._scaled_dot_product_attention_math", "aten._scaled_dot_product_cudnn_attention",
)  # fmt: skip
def attention(reading: Reading, node: Node) -> None:
    """An `attention` layer over the heads. A mask that is calculated, or trained, is read beside."""
    q, k, v = (reading.tensor(node, name) for name in ("query", "key", "value"))
    if any(x.rank < 3 or x.rank > 5 for x in (q, k, v)):
        raise Unsupported
    heart, place = reading.heart, reading.place(node)
    rank = q.rank
    if rank == 3:
        q, k, v = (heart.unsqueeze(x, [1]) for x in (q, k, v))
    elif rank == 5:
        q, k, v = (heart.reshape(x, [x.shape[0] * x.shape[1], *x.shape[2:]], place) for x in (q, k, v))
    mask = reading.value(node, "attn_mask") if reading.has(node, "attn_mask") else None
    beside = []
    if isinstance(mask, Tensor) or (mask is not None and is_volume(mask)):
        beside = [heart.volume(reading.as_tensor(mask))]
    made = attended(heart, (q, k, v), beside, place)
    if rank == 3:
        made = heart.squeeze(made, [1])
    elif rank == 5:
        shape = reading.own(reading.tensor(node, "query"), reading.shape_of(node.output))
        made = heart.reshape(made, shape, place)
    reading.give(node, made)
