"""Attention over queries, keys and values that other layers put out.

Sources: ONNX' Attention (opset 23), FlexAttention, LinearAttention, RotaryEmbedding (1.23.2); onnxruntime's
MultiHeadAttention and GroupQueryAttention.
"""

from __future__ import annotations

from analyzer.loader.formats.attending import attended
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.views import Tensor
from analyzer.record import Record


class Form(Record):
    """Where an operator has what: the places of its inputs, and the attributes with the numbers of heads."""

    past: tuple[int, int] | None
    heads: str
    key_heads: str
    scores: int | None = None


_FORMS = {
    "Attention": Form((4, 5), "q_num_heads", "kv_num_heads", 3),
    "FlexAttention": Form(None, "q_num_heads", "kv_num_heads"),
    "MultiHeadAttention": Form((6, 7), "num_heads", "num_heads"),
    "GroupQueryAttention": Form((3, 4), "num_heads", "kv_num_heads"),
}


@operator("Attention", "ai.onnx.preview:FlexAttention", "MultiHeadAttention", "GroupQueryAttention")
def attention(reading: Reading, node: Node) -> None:
    """An `attention` layer over the heads. Keys and values of before are concatenated with those of now."""
    form = _FORMS[node.operator]
    x = reading.tensor(node, 0)
    counts = [node.int(name, 0) for name in (form.heads, form.key_heads, form.key_heads)]
    biased = node.operator == "MultiHeadAttention" and node.reads(3)
    given = _with_biases(reading, node) if biased else _given(reading, node)
    q, k, v = (_by_heads(reading, node, one, count) for one, count in zip(given, counts, strict=True))
    if form.past is not None and node.reads(form.past[0]):
        k, v = (
            reading.heart.concat([reading.tensor(node, place), now], 2, reading.place(node))
            for place, now in zip(form.past, (k, v), strict=True)
        )
    mask = reading.operand(node, 3) if node.operator == "Attention" and node.reads(3) else None
    beside = [reading.heart.volume(mask)] if isinstance(mask, Tensor) else []
    made = attended(reading.heart, (q, k, v), beside, reading.place(node))
    if form.scores is not None and not reading.empty(node, form.scores):
        reading.custom(node, [*q.shape[:3], k.shape[2]], macs=0, place=form.scores)
    for place, kept in ((1, k), (2, v)):
        reading.give(node, kept, place)
    if x.rank == 3:
        turned = reading.heart.transpose(made, [0, 2, 1, 3])
        made = reading.heart.reshape(turned, [*turned.shape[:2], -1], reading.place(node))
    reading.give(node, made)


def _given(reading: Reading, node: Node) -> list[Tensor]:
    """Queries, keys and values; keys and values in one tensor are not covered."""
    if not (node.reads(1) and node.reads(2)):
        raise Unsupported
    return [reading.tensor(node, place) for place in range(3)]


def _with_biases(reading: Reading, node: Node) -> list[Tensor]:
    """Queries, keys and values, each with its part of one vector of biases added."""
    heart, place = reading.heart, reading.place(node)
    xs, biases, start, made = _given(reading, node), reading.tensor(node, 3), 0, []
    if any(x.rank != 3 for x in xs) or biases.shape != (sum(x.shape[2] for x in xs),):
        raise Unsupported
    for x in xs:
        part = heart.slice(biases, 0, start, start + x.shape[2], 1, place)
        made.append(heart.merge("add", [x, part], place))
        start += x.shape[2]
    return made


def _by_heads(reading: Reading, node: Node, x: Tensor, heads: int) -> Tensor:
    """Queries, keys or values as batch × heads × T × d: the last axis of three is divided into heads."""
    if x.rank == 4:
        return x
    if x.rank != 3 or not heads or x.shape[2] % heads:
        raise Unsupported
    divided = reading.heart.reshape(x, [*x.shape[:2], heads, -1], reading.place(node))
    return reading.heart.transpose(divided, [0, 2, 1, 3])


@operator("LinearAttention")
def linear_attention(reading: Reading, node: Node) -> None:
    """A recurrence over time with a state of d × e for each head: its MACs depend on how it is calculated."""
    q, k, v = (reading.tensor(node, place) for place in range(3))
    heads, keys = node.int("q_num_heads", 1), node.int("kv_num_heads", 1)
    size = v.shape[2] // keys
    reading.custom(node, [*q.shape[:2], max(heads, keys) * size])
    if not reading.empty(node, 1):
        reading.custom(node, [k.shape[0], keys, k.shape[2] // keys, size], macs=0, place=1)


@operator("RotaryEmbedding")
def rotary_embedding(reading: Reading, node: Node) -> None:
    """Pairs of numbers turned by angles: products of elements, without sums of many."""
    reading.custom(node, list(reading.tensor(node, 0).shape), macs=0)
