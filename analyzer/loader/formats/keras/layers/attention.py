"""Attention: with its projections as one layer where it can be, otherwise a row for each product.

Sources: keras/src/layers/attention/ (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.keras.call import Called, layer
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.keras.description import flat
from analyzer.loader.formats.keras.layers.activations import function
from analyzer.loader.formats.keras.layers.dense import linear
from analyzer.loader.formats.sheet import Written
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _tensors(call: Called) -> tuple[Tensor, Tensor, Tensor]:
    """The query, the key and the value of [query, value] or [query, value, key]."""
    found = call.xs
    if len(found) not in (2, 3):
        raise Mistake(f"`{shown(call.config.name)}` reads a query, a value and maybe a key, not {len(found)} tensors")
    if any(x.rank != 3 for x in found):
        raise Mistake(f"`{shown(call.config.name)}` reads tokens × depth, the batch before them")
    return found[0], found[-1] if len(found) == 3 else found[1], found[1]


def _attended(call: Called, q: Tensor, k: Tensor, v: Tensor, each: int = 1) -> tuple[Tensor, Tensor | None]:
    """The attention of heads, and its scores where the call asks for them; `each` queries share a head of keys."""
    heart = call.heart
    if _scores_asked(call):
        k, v = (_repeated(call, x, each) for x in (k, v))
        product = heart.matmul(q, _turned(call, k), call.place("scores"))
        scores = heart.softmax("softmax", product, product.rank - 1, call.place("softmax"))
        return heart.matmul(scores, v, call.place("product")), scores
    groups = [[0], [1], [2], [3]] if q.shape[0] > 1 else [[1], [2], [3]]
    rows = [heart.arranged(x, groups, call.beside()) for x in (q, k, v)]
    return heart.new("attention", rows, call.place("attention"), batch=q.shape[0] == 1), None


def _scores_asked(call: Called) -> bool:
    return call.kwargs.get("return_attention_scores") is True


@layer("Attention")
def attention(call: Called) -> Any:
    """Products of queries and keys; `use_scale` trains one number, `score_mode: concat` another."""
    query, key, value = _tensors(call)
    heart, config = call.heart, call.config
    scale = config.flag("use_scale", False)
    if config.word("score_mode", ("dot", "concat"), "dot") == "concat":
        return _added(call, query, key, value, "layer" if scale else "", last="layer")
    if scale:
        per: dict[str, Any] = {"per": "layer"}
        scaled = query
        query = call.weighted(
            lambda **more: heart.pointwise("scale", scaled, call.place("scale"), per, **more), "scale"
        )
    if _scores_asked(call):
        scores = heart.matmul(query, heart.transpose(key, [0, 2, 1]), call.place("scores"))
        return _weighted(call, scores, value)
    volumes = [heart.arranged(x, [[1], [2]], call.beside()) for x in (query, key, value)]
    return heart.new("attention", volumes, call.place())


def _weighted(call: Called, scores: Tensor, value: Tensor) -> Any:
    """The values, weighted with the scores."""
    weights = call.heart.softmax("softmax", scores, scores.rank - 1, call.place("softmax"))
    made = call.heart.matmul(weights, value, call.place())
    return [made, weights] if _scores_asked(call) else made


@layer("AdditiveAttention")
def additive(call: Called) -> Any:
    """Sums of queries and keys; `use_scale` trains a number for each of the depth."""
    query, key, value = _tensors(call)
    return _added(call, query, key, value, "", last="depth" if call.config.flag("use_scale", True) else "")


def _added(call: Called, query: Tensor, key: Tensor, value: Tensor, first: str, *, last: str) -> Any:
    """Scores by the sum of tanh(query + key), with trained numbers before the function and after it."""
    heart = call.heart
    both = heart.merge("add", [heart.unsqueeze(query, [2]), heart.unsqueeze(key, [1])], call.place("add"))
    both = _scaled(call, both, first, "scale")
    both = function(call, both, "tanh", "tanh")
    if last == "depth":
        both = _scaled(call, both, last, "weights")
    scores = heart.reduce(both, "sum", [3], False, call.place("sum"))
    if last == "layer":
        scores = _scaled(call, scores, last, "weights")
    return _weighted(call, scores, value)


def _scaled(call: Called, x: Tensor, per: str, part: str) -> Tensor:
    if not per:
        return x
    if per == "layer":
        return call.weighted(
            lambda **more: call.heart.pointwise("scale", x, call.place(part), {"per": per}, **more), part
        )
    return call.weighted(lambda **more: call.heart.over_depth("scale", x, x.rank - 1, call.place(part), **more), part)


@layer("MultiHeadAttention")
def multi_head(call: Called) -> Any:
    """`multi_head_attention` where it attends over all axes and keeps the depth, otherwise its products."""
    config, heart = call.config, call.heart
    query, value, key = _by_name(call)
    heads, depth = config.whole("num_heads"), config.whole("key_dim")
    deep = config.whole("value_dim", depth)
    bias = config.flag("use_bias", True)
    rank = query.rank
    axes = config.axes("attention_axes", rank, list(range(1, rank - 1)))
    given = config.data.get("output_shape")
    sizes = config.wholes("output_shape", [query.shape[-1]]) if given is not None else [query.shape[-1]]
    whole = axes == list(range(1, rank - 1)) and sizes == [query.shape[-1]] and not _scores_asked(call)
    if whole and all(x.is_batch(0) and 3 <= x.rank <= 5 for x in (query, key, value)):
        parameters: dict[str, Any] = {"heads": heads, "key_depth": depth, "value_depth": deep}
        if not bias:
            parameters["bias"] = False
        return call.row("multi_head_attention", _volumes(call, query, key, value), parameters)
    parts = [
        linear(call, x, heads * size, bias=bias, part=name)
        for name, x, size in (("query", query, depth), ("key", key, depth), ("value", value, deep))
    ]
    q, k, v = (_heads_first(call, x, heads, axes) for x in parts)
    made, scores = _attended(call, q, k, v)
    joined = _heads_last(call, made, query, axes, heads * deep)
    units = 1
    for size in sizes:
        units *= size
    if min(sizes) < 1:
        raise config.wrong("output_shape", "sizes of at least 1")
    out = linear(call, joined, units, bias=bias, part="output")
    out = heart.reshape(out, [*query.shape[:-1], *sizes], call.beside())
    if scores is None:
        return out
    attended = [query.shape[axis] for axis in axes], [key.shape[axis] for axis in axes]
    rest = [query.shape[axis] for axis in range(1, rank - 1) if axis not in axes]
    shape = [query.shape[0], *rest, heads, *attended[0], *attended[1]]
    return [out, heart.reshape(scores, shape, call.beside())]


def _turned(call: Called, x: Tensor) -> Tensor:
    return call.heart.transpose(x, [0, 1, 3, 2])


def _by_name(call: Called) -> tuple[Tensor, Tensor, Tensor]:
    """The query, the value and the key; without a key it is the value."""
    given = [call.argument(place, name) for place, name in enumerate(("query", "value", "key"))]
    if isinstance(given[0], list):
        given = [*flat(given[0]), *given[1:]][:3]
    given = [*given, None, None][:3]
    if given[2] is None:
        given[2] = given[1]
    if not all(isinstance(x, Tensor) for x in given):
        raise Mistake(f"`{shown(call.config.name)}` needs the tensors `query` and `value`")
    query, value, key = given
    if len({query.rank, value.rank, key.rank}) > 1 or query.rank < 3:
        raise Mistake(f"`{shown(call.config.name)}` reads tokens × depth of one rank, the batch before them")
    return query, value, key


def _volumes(call: Called, query: Tensor, key: Tensor, value: Tensor) -> list[Written]:
    """The volumes that the layer reads, each once: one for itself, two for a query and its memory."""

    def settled(x: Tensor) -> Written:
        return call.heart.arranged(x, [[axis] for axis in range(1, x.rank)], call.beside())

    first, second, third = settled(query), settled(key), settled(value)
    if second is third:
        return [first] if first is second else [first, second]
    return [first, second, third]


def _heads_first(call: Called, x: Tensor, heads: int, axes: Sequence[int]) -> Tensor:
    """batch… × tokens × (heads · depth) as others × heads × tokens × depth."""
    heart = call.heart
    split = heart.reshape(x, [*x.shape[:-1], heads, -1], call.beside())
    rest = [axis for axis in range(x.rank - 1) if axis not in axes]
    turned = heart.transpose(split, [*rest, x.rank - 1, *axes, x.rank])
    shape = [1, heads, 1, split.shape[-1]]
    for axis in rest:
        shape[0] *= x.shape[axis]
    for axis in axes:
        shape[2] *= x.shape[axis]
    return heart.reshape(turned, shape, call.beside())


def _heads_last(call: Called, x: Tensor, query: Tensor, axes: Sequence[int], depth: int) -> Tensor:
    """The reverse of `_heads_first`, with the axes of the query."""
    heart = call.heart
    rest = [axis for axis in range(query.rank - 1) if axis not in axes]
    heads = x.shape[1]
    sizes = [*[query.shape[axis] for axis in rest], heads, *[query.shape[axis] for axis in axes], depth // heads]
    split = heart.reshape(x, sizes, call.beside())
    have = [*rest, -1, *axes]
    order = [have.index(axis) for axis in range(query.rank - 1)] + [have.index(-1), len(have)]
    turned = heart.transpose(split, order)
    return heart.reshape(turned, [*query.shape[:-1], depth], call.beside())


@layer("GroupQueryAttention", "GroupedQueryAttention")
def grouped(call: Called) -> Any:
    """`multi_head_attention` with fewer heads of keys and values."""
    config, heart = call.config, call.heart
    query, value, key = _by_name(call)
    heads, shared, size = (config.whole(name) for name in ("num_query_heads", "num_key_value_heads", "head_dim"))
    bias = config.flag("use_bias", True)
    if heads % shared:
        raise Mistake(f"`num_key_value_heads` of `{shown(config.name)}`, {shared}, does not divide {heads} heads")
    gated = config.flag("use_gate", False)
    if not gated and not _scores_asked(call) and all(x.is_batch(0) for x in (query, key, value)):
        parameters: dict[str, Any] = {"heads": heads, "key_depth": size, "value_depth": size}
        if shared != heads:
            parameters["key_value_heads"] = shared
        if not bias:
            parameters["bias"] = False
        return call.row("multi_head_attention", _volumes(call, query, key, value), parameters)
    parts = [
        linear(call, x, count * size, bias=bias, part=name)
        for name, x, count in (("query", query, heads), ("key", key, shared), ("value", value, shared))
    ]
    q, k, v = (_heads_first(call, x, count, [1]) for x, count in zip(parts, (heads, shared, shared), strict=True))
    made, scores = _attended(call, q, k, v, each=heads // shared)
    joined = _heads_last(call, made, query, [1], heads * size)
    if gated:
        gate = function(call, linear(call, query, heads * size, bias=bias, part="gate"), "sigmoid", "gate.act")
        joined = heart.merge("multiply", [joined, gate], call.place("multiply"))
    out = linear(call, joined, query.shape[-1], bias=bias, part="output")
    return out if scores is None else [out, scores]


def _repeated(call: Called, x: Tensor, times: int) -> Tensor:
    """Each head of keys or values for a group of queries."""
    if times == 1:
        return x
    heart = call.heart
    wide = heart.expand(heart.unsqueeze(x, [2]), [x.shape[0], x.shape[1], times, *x.shape[2:]], call.place("repeat"))
    return heart.reshape(wide, [x.shape[0], -1, *x.shape[2:]], call.beside())
