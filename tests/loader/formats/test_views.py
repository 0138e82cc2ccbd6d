"""The heart of the readers: views of volumes, and the layers that are written where a view is not enough.

`Elements` runs the layers that only move elements on explicit lists of indices, so that a view is compared with what
numpy's definitions of reshape and transpose give, index by index.
"""

from __future__ import annotations

import random
from itertools import product
from math import prod

import pytest

from analyzer.layers import CATALOGUE
from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.digits import BATCH, Digit, Undivided, divided, joined, part
from analyzer.loader.formats.sheet import Place, Sheet, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor, spread

HERE = Place("here", "node")


def needs(*types: str) -> pytest.MarkDecorator:
    lacks = [type for type in types if type not in CATALOGUE]
    return pytest.mark.skipif(bool(lacks), reason=f"these types do not exist: {lacks}")


def heart() -> Tensors:
    return Tensors(Sheet("net.onnx", "net"))


def rows(tensors: Tensors) -> list[str]:
    """What was written: type, parameters, volume."""
    return [
        f"{w.type} {' '.join(map(str, w.parameters.values()))} {w.volume}".replace("  ", " ")
        for w in tensors.sheet.layers
    ]


def image(tensors: Tensors, shape: tuple[int, ...] = (1, 3, 32, 48)) -> Tensor:
    return tensors.enter("x", shape, depth=1)


def conv(tensors: Tensors, x: Tensor, filters: int = 8) -> Tensor:
    return tensors.layer("conv", x, HERE, {"filters": filters, "kernel": [3, 3], "padding": 1}, spatial=[2, 3], depth=1)


def test_digits_of_an_axis() -> None:
    whole = (Digit(0, 1, 12),)
    assert joined([Digit(0, 4, 3), Digit(0, 1, 4)]) == whole
    assert divided(whole, [3, 4]) == [(Digit(0, 4, 3),), (Digit(0, 1, 4),)]
    assert divided([BATCH, *whole], [1, 12]) == [(BATCH,), whole]
    assert divided([BATCH, *whole], [3, 4]) == [(BATCH, Digit(0, 4, 3)), (Digit(0, 1, 4),)]
    assert part(whole, 2, 3) == (Digit(0, 2, 3),)
    with pytest.raises(Undivided):
        divided([Digit(0, 1, 6), Digit(1, 1, 4)], [4, 6])


def test_channels_first_need_no_permute() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors))
    y = tensors.pointwise("relu", y, HERE)
    y = tensors.layer("max_pool", y, HERE, {"kernel": [2, 2], "stride": 2}, spatial=[2, 3], depth=1)
    assert y.shape == (1, 8, 16, 24)
    assert rows(tensors) == ["conv 8 [3, 3] 1 32x48x8", "relu 32x48x8", "max_pool [2, 2] 2 16x24x8"]


def test_what_feeds_a_dense_layer_needs_no_flatten() -> None:
    tensors = heart()
    y = tensors.flatten(conv(tensors, image(tensors)), 1)
    assert y.shape == (1, 32 * 48 * 8)
    y = tensors.linear(y, HERE, {"units": 10})
    assert y.shape == (1, 10)
    assert rows(tensors)[1:] == ["dense 10 10"]


@needs("parameter")
def test_tokens_of_a_feature_map() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors), 16)
    y = tensors.transpose(tensors.reshape(y, [1, 16, -1]), [0, 2, 1])
    assert y.shape == (1, 32 * 48, 16)
    y = tensors.linear(y, HERE, {"units": 24})
    # the volume H×W×D has the tokens already: a linear layer at each position
    assert rows(tensors)[1:] == ["linear 24 32x48x24"]
    token = tensors.parameter([1, 1, 24], HERE)
    y = tensors.concat([token, y], 1, HERE)
    assert y.shape == (1, 1 + 32 * 48, 24)
    assert rows(tensors)[2:] == ["parameter 1x24 1x24", "reshape 1536x24 1536x24", "concat length 1537x24"]


@needs("matmul", "rearrange")
def test_queries_keys_and_values_are_slices_of_the_depth() -> None:
    tensors = heart()
    x = tensors.enter("x", (1, 17, 32))
    qkv = tensors.linear(x, HERE, {"units": 96})
    qkv = tensors.transpose(tensors.reshape(qkv, [1, 17, 3, 4, 8]), [2, 0, 3, 1, 4])
    q, k, v = (tensors.squeeze(tensors.slice(qkv, 0, at, at + 1, 1, HERE), [0]) for at in range(3))
    assert q.shape == k.shape == v.shape == (1, 4, 17, 8)
    a = tensors.matmul(q, tensors.transpose(k, [0, 1, 3, 2]), HERE)
    a = tensors.softmax("softmax", a, -1, HERE)
    y = tensors.matmul(a, v, HERE)
    y = tensors.reshape(tensors.transpose(y, [0, 2, 1, 3]), [1, 17, 32])
    y = tensors.linear(y, HERE, {"units": 32})
    assert y.shape == (1, 17, 32)
    written = rows(tensors)
    assert written[:4] == ["linear 96 17x96", "slice 0 32 17x32", "slice 32 64 17x32", "slice 64 96 17x32"]
    assert [w for w in written if w.startswith("matmul")] == ["matmul True 4x17x17", "matmul 4x17x8"]
    # 4·17·17·8 multiply-accumulates each
    assert written[-2:] == ["rearrange h w c -> w (h c) 17x32", "linear 32 17x32"]


def test_a_shuffle_of_planes() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors))
    y = tensors.reshape(y, [1, 2, 4, 32, 48])
    y = tensors.reshape(tensors.transpose(y, [0, 2, 1, 3, 4]), [1, 8, 32, 48])
    conv(tensors, y)
    assert rows(tensors)[1:] == ["channel_shuffle 2 32x48x8", "conv 8 [3, 3] 1 32x48x8"]


def test_a_slice_of_shuffled_planes_keeps_the_depth() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors))
    y = tensors.reshape(y, [1, 2, 4, 32, 48])
    y = tensors.reshape(tensors.transpose(y, [0, 2, 1, 3, 4]), [1, 8, 32, 48])
    conv(tensors, tensors.slice(y, 1, 4, 8, 1, HERE))
    assert rows(tensors)[1:] == ["channel_shuffle 2 32x48x8", "slice 4 8 32x48x4", "conv 8 [3, 3] 1 32x48x8"]


def test_pixels_of_the_depth() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors))
    y = tensors.reshape(y, [1, 2, 2, 2, 32, 48])
    y = tensors.reshape(tensors.transpose(y, [0, 1, 4, 2, 5, 3]), [1, 2, 64, 96])
    conv(tensors, y)
    assert rows(tensors)[1] == "pixel_shuffle 2 64x96x2"


def test_a_gate_is_broadcast() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors))
    gate = tensors.reduce(y, "mean", [2, 3], True, HERE)
    gate = tensors.layer("conv", gate, HERE, {"filters": 8, "kernel": [1, 1]}, spatial=[2, 3], depth=1)
    y = tensors.merge("multiply", [y, gate], HERE)
    assert y.shape == (1, 8, 32, 48)
    vector = tensors.linear(tensors.reduce(y, "mean", [2, 3], False, HERE), HERE, {"units": 8})
    tensors.merge("multiply", [y, tensors.reshape(vector, [1, 8, 1, 1])], HERE)
    assert rows(tensors)[1:] == [
        "global_avg_pool 1x1x8", "conv 8 [1, 1] 1x1x8", "multiply 32x48x8",
        "global_avg_pool 1x1x8", "dense 8 8", "reshape 1x1x8 1x1x8", "multiply 32x48x8",
    ]  # fmt: skip


@needs("parameter")
def test_a_trained_tensor_has_the_axes_of_what_reads_it() -> None:
    tensors = heart()
    y = conv(tensors, image(tensors))
    y = tensors.merge("multiply", [y, tensors.parameter([8, 1, 1], Place("gamma"))], HERE)
    assert y.shape == (1, 8, 32, 48)
    assert rows(tensors)[1:] == ["parameter 1x1x8 1x1x8", "multiply 32x48x8"]


def test_two_tensors_broadcast_each_other() -> None:
    tensors = heart()
    a, b = tensors.enter("a", (1, 5, 1, 8)), tensors.enter("b", (1, 1, 7, 8))
    y = tensors.merge("add", [a, b], HERE)
    assert y.shape == (1, 5, 7, 8)
    assert rows(tensors) == ["add 5x7x8"]


def test_windows_in_the_batch_are_the_first_axis() -> None:
    tensors = heart()
    x = tensors.enter("x", (1, 56, 56, 96))
    y = tensors.reshape(x, [1, 8, 7, 8, 7, 96])
    y = tensors.reshape(tensors.transpose(y, [0, 1, 3, 2, 4, 5]), [-1, 49, 96])
    assert y.shape == (64, 49, 96)
    y = tensors.linear(y, HERE, {"units": 96})
    assert rows(tensors) == ["linear 96 56x56x96"] or rows(tensors)[-1].startswith("linear 96")
    y = tensors.reshape(y, [-1, 8, 8, 7, 7, 96])
    y = tensors.reshape(tensors.transpose(y, [0, 1, 3, 2, 4, 5]), [1, 56, 56, 96])
    assert tensors.natural(y).volume.sizes == (56, 56, 96)


def test_frames_in_the_batch_are_convolved_one_by_one() -> None:
    tensors = heart()
    x = tensors.enter("x", (1, 5, 3, 32, 32), depth=2)
    y = conv(tensors, tensors.reshape(x, [5, 3, 32, 32]))
    assert y.shape == (5, 8, 32, 32)
    assert rows(tensors) == ["conv 8 [1, 3, 3] [0, 1, 1] 5x32x32x8"]


def test_a_literal_batch_is_taken_out_of_a_shape() -> None:
    tensors = heart()
    x = tensors.enter("x", (1, 8, 4), batch=0)
    assert tensors.reshape(x, [16, 2, 4, 4]).shape == (1, 2, 4, 4)


def test_a_literal_batch_behind_the_time_is_taken_out_there() -> None:
    """Queries of two samples in torch's order: 8 steps × (2 samples · 2 heads) × 2, of one sample 8 × 2 × 2."""
    tensors = heart()
    x = tensors.transpose(tensors.enter("x", (1, 8, 4), batch=0), [1, 0, 2])
    for shape, samples in (([8, 4, 2], 1), ([-1, 4, 2], 2), ([8, -1, 2], 2), ([8, 4, -1], 2)):
        y = tensors.reshape(x, shape, samples=samples)
        assert (y.shape, y.batch) == ((8, 2, 2), 1)
    assert tensors.reshape(tensors.transpose(x, [1, 0, 2]), [2, -1], samples=2).shape == (1, 32)


@pytest.mark.parametrize("seed", range(200))
def test_a_literal_batch_is_found_in_any_order_of_axes(seed: int) -> None:
    """The batch is one of the factors of a row of axes; a shape puts neighbours together."""
    chance = random.Random(seed)
    samples = chance.choice((2, 3, 4))
    tensors = heart()
    x = tensors.enter("x", (1, *(chance.choice((2, 3, 4, 6)) for _ in range(3))), batch=0)
    order = list(range(4))
    chance.shuffle(order)
    x = tensors.transpose(x, order)
    groups = [[place] for place in range(4)]
    while len(groups) > 1 and chance.random() < 0.5:
        at = chance.randrange(len(groups) - 1)
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    expected = [prod(x.shape[place] for place in group) for group in groups]
    within = next(at for at, group in enumerate(groups) if x.batch in group)
    shape = [size * samples if at == within else size for at, size in enumerate(expected)]
    asked = list(shape)
    if chance.random() < 0.5:
        asked[chance.randrange(len(shape))] = -1
    y = tensors.reshape(x, asked, samples=samples)
    assert (list(y.shape), y.batch) == (expected, within)
    # layers keep the place of the batch in its axis, so that the way back is found
    other = tensors.pointwise("relu", y, HERE)
    if y.rank > 1:
        other = tensors.softmax("softmax", other, 0 if within else -1, HERE)
    y = tensors.merge("add", [other, y], HERE)
    back = [size * samples if at == x.batch else size for at, size in enumerate(x.shape)]
    z = tensors.reshape(y, back, samples=samples)
    assert (z.shape, z.batch) == (x.shape, x.batch)


def test_a_shape_calculated_of_one_sample_needs_no_batch_taken_out() -> None:
    """As torch's unfold is exported: the first size comes from `Shape`, which counts the batch as 1."""
    tensors = heart()
    x = tensors.enter("x", (1, 4, 9, 16))
    assert tensors.reshape(x, [1, 36, -1], samples=2).shape == (1, 36, 16)
    assert tensors.reshape(x, [2, 36, -1], samples=2).shape == (1, 36, 16)


def test_too_many_axes() -> None:
    tensors = heart()
    x = tensors.enter("x", (1, 24, 24, 24))
    y = tensors.reshape(tensors.transpose(x, [0, 3, 2, 1]), [1, 16, 9, 6, 4, 4])
    assert y.shape == (1, 16, 9, 6, 4, 4)
    with pytest.raises(Unarranged):
        tensors.arranged(y, [[1], [2], [3], [4], [5]])


def test_axes_that_are_regrouped_together_are_one_axis_of_a_volume() -> None:
    tensors = heart()
    x = tensors.reshape(tensors.enter("x", (1, 56, 56, 64)), [1, 8, 7, 8, 7, 64])
    y = tensors.reshape(tensors.transpose(x, [0, 5, 1, 2, 3, 4]), [1, 64, 7, 8, 7, 8])
    y = tensors.transpose(y, [0, 1, 3, 5, 2, 4])
    tensors.natural(tensors.reshape(y, [1, 64, 64, 49]))
    assert rows(tensors) == [
        "permute ['depth', 'height', 'width'] 64x56x56",
        "rearrange h (w1 w2) (c1 c2) -> h (w2 c2) (w1 c1) {'w2': 8, 'c2': 8} 64x64x49",
    ]


def test_spread_over_another_axis() -> None:
    assert spread({"kernel": 3, "stride": [2, 1], "padding": [[1, 2], [0, 0]]}, 2) == {
        "kernel": [1, 3, 3],
        "stride": [1, 2, 1],
        "padding": [0, [1, 2], [0, 0]],
    }


# ---------------------------------------------------------------- index by index


def row_major(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape)))


class Elements:
    """The elements of each volume of a sheet, in its own order, as numbers of the elements of its input."""

    def __init__(self) -> None:
        self.of: dict[int, list[int]] = {}

    def volume(self, written: Written) -> list[int]:
        if id(written) not in self.of:
            source = written.inputs[0]
            self.of[id(written)] = self.moved(written, self.volume(source), source.volume.sizes)
        return self.of[id(written)]

    def moved(self, written: Written, elements: list[int], sizes: tuple[int, ...]) -> list[int]:
        if written.type in ("flatten", "reshape"):
            return elements
        at = dict(zip(row_major(sizes), elements, strict=True))
        if written.type == "permute":
            names = written.inputs[0].volume.axes
            order = [names.index(name) for name in written.parameters["order"]]
            return [at[tuple(i[order.index(a)] for a in range(len(order)))] for i in row_major(written.volume.sizes)]
        if written.type == "channel_shuffle":
            groups = written.parameters["groups"]
            depth = sizes[-1]
            return [at[(*i[:-1], i[-1] % groups * (depth // groups) + i[-1] // groups)] for i in row_major(sizes)]
        if written.type == "pixel_shuffle":
            r = written.parameters["factor"]
            return [at[y // r, x // r, c * r * r + y % r * r + x % r] for y, x, c in row_major(written.volume.sizes)]
        if written.type == "pixel_unshuffle":
            r = written.parameters["factor"]
            return [at[y * r + c // r % r, x * r + c % r, c // r // r] for y, x, c in row_major(written.volume.sizes)]
        assert written.type == "rearrange", written.type
        return self.rearranged(written, at, sizes)

    def rearranged(self, written: Written, at: dict[tuple[int, ...], int], sizes: tuple[int, ...]) -> list[int]:
        left, right = (self.side(text) for text in written.parameters["pattern"].split(" -> "))
        known = dict(written.parameters.get("sizes", {}))
        for names, size in zip(left, sizes, strict=True):
            for name in names:
                known.setdefault(name, size // prod(known.get(n, 1) for n in names if n != name))
        order = [name for names in right for name in names]
        found = []
        for index in row_major(tuple(known[name] for name in order)):
            values = dict(zip(order, index, strict=True))
            place = []
            for names in left:
                number = 0
                for name in names:
                    number = number * known[name] + values[name]
                place.append(number)
            found.append(at[tuple(place)])
        return found

    def side(self, text: str) -> list[list[str]]:
        groups: list[list[str]] = []
        inside = False
        for word in text.replace("(", " ( ").replace(")", " ) ").split():
            if word == "(":
                groups.append([])
                inside = True
            elif word == ")":
                inside = False
            elif inside:
                groups[-1].append(word)
            else:
                groups.append([] if word == "1" else [word])
        return groups


def seen(tensor: Tensor) -> list[int]:
    """The elements of a view of the input, in the tensor's own order, calculated from its digits."""
    sizes = tensor.base.written.volume.sizes  # type: ignore[union-attr]
    found = []
    for index in row_major(tensor.shape):
        place = [0] * len(sizes)
        for number, digits in zip(index, tensor.axes, strict=True):
            rest = number
            for digit in reversed(digits):
                if digit.axis >= 0:
                    place[digit.axis] += rest % digit.size * digit.stride
                    rest //= digit.size
        number = 0
        for at, size in zip(place, sizes, strict=True):
            number = number * size + at
        found.append(number)
    return found


def turned(elements: list[int], shape: tuple[int, ...], order: list[int]) -> list[int]:
    """numpy.transpose, by its definition."""
    at = dict(zip(row_major(shape), elements, strict=True))
    new = tuple(shape[axis] for axis in order)
    return [at[tuple(i[order.index(axis)] for axis in range(len(shape)))] for i in row_major(new)]


@needs("rearrange")
@pytest.mark.parametrize("seed", range(150))
def test_views_are_those_of_numpy(seed: int) -> None:
    """Random reshapes and transpositions; then the volume of the result has the elements in the tensor's order."""
    chance = random.Random(seed)
    tensors = heart()
    shape = (1, *(chance.choice((1, 2, 3, 4, 6)) for _ in range(chance.randint(1, 3))))
    x = tensors.enter("x", shape, depth=chance.randrange(1, len(shape)))
    elements = seen(x)
    values = {number: place for place, number in enumerate(elements)}
    expected = list(range(len(elements)))
    for _ in range(chance.randint(1, 5)):
        order = list(range(x.rank))
        chance.shuffle(order)
        expected = turned(expected, x.shape, order)
        x = tensors.transpose(x, order)
        factors = [f for n in x.shape for f in ((2, n // 2) if n % 2 == 0 and chance.random() < 0.5 else (n,))]
        while len(factors) > 5 or (len(factors) > 1 and chance.random() < 0.4):
            at = chance.randrange(len(factors) - 1)
            factors[at : at + 2] = [factors[at] * factors[at + 1]]
        try:
            before = len(tensors.sheet.layers)
            x = tensors.reshape(x, factors)
        except Unarranged:
            return
        if len(tensors.sheet.layers) > before:
            break
        assert [values[n] for n in seen(x)] == expected
    try:
        volume = tensors.natural(x)
    except Unarranged:
        return
    run = Elements()
    run.of[id(tensors.sheet.inputs[0])] = [values[n] for n in range(len(values))]
    assert run.volume(volume) == expected
