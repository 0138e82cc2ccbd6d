"""Dense layers over the last axis, by an einsum, and tables of vectors.

Sources: keras/src/layers/core/ (Keras 3.15.1).
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.keras.call import Called, layer, rank_of
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.keras.layers.activations import activated
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@layer("Dense")
def dense(call: Called) -> Tensor:
    """`dense` where the last axis is all there is, `linear` otherwise."""
    rank_of(call, call.x, 2)
    made = linear(call, call.x, call.config.whole("units"), bias=call.config.flag("use_bias", True))
    return activated(call, made)


def linear(call: Called, x: Tensor, units: int, *, bias: bool, part: str = "") -> Tensor:
    """A product with a matrix over the last axis, as a row of the layer."""
    parameters: dict[str, Any] = {"units": units} if bias else {"units": units, "bias": False}
    return call.weighted(lambda **more: call.heart.linear(x, call.place(part), parameters, **more), part)


@layer("Embedding", "ReversibleEmbedding")
def embedding(call: Called) -> Tensor:
    """`embedding` of all indices as one vector. In reverse, the product of each vector with the table."""
    x, config, heart = call.x, call.config, call.heart
    vocabulary, size = config.whole("input_dim"), config.whole("output_dim")
    if call.kind == "ReversibleEmbedding" and call.argument(1, "reverse", False) is True:
        if config.flag("tie_weights", True):
            key = call.owner, ""
            table = call.kept.rows.get(key)
            more: dict[str, Any] = {"tied": table} if table is not None else {"frozen": call.frozen}
            return heart.linear(x, call.place("reverse"), {"units": vocabulary, "bias": False}, **more)
        return linear(call, x, vocabulary, bias=False, part="reverse")
    indices = heart.arranged(x, [list(range(x.rank))], call.beside())
    made = call.row("embedding", [indices], {"vocabulary": vocabulary, "size": size})
    return heart.reshape(made, [*x.shape, size], call.beside())


@layer("EinsumDense")
def einsum_dense(call: Called) -> Tensor:
    """`linear` over the axes that are summed, as one; a `matmul` with a parameter where an axis is in all three."""
    x, config, heart = call.x, call.config, call.heart
    letters, kernel, result = _equation(call, config.text("equation"), x.rank)
    sizes = dict(zip(letters, x.shape, strict=True))
    _output_sizes(call, letters, result, sizes)
    summed = [one for one in letters if one not in result]
    both = [one for one in letters if one in kernel and one in result]
    units = [one for one in result if one not in letters]
    if any(one not in sizes for one in kernel) or set(summed) - set(kernel) or set(units) - set(kernel):
        raise Mistake(f"the equation of `{shown(config.name)}` does not say the size of each axis")
    kept = [one for one in letters if one not in summed]
    biases = set(config.text("bias_axes", ""))
    inside = not both and biases in (set(), set(units))
    order = [letters.index(one) for one in (*both, *[one for one in kept if one not in both], *summed)]
    turned = heart.transpose(x, order)
    free = [one for one in kept if one not in both]
    n = prod(sizes[one] for one in units)
    if not both:
        flat = heart.reshape(turned, [*(sizes[one] for one in free), -1], call.beside())
        made = linear(call, flat, n, bias=inside and bool(biases))
    else:
        k = prod(sizes[one] for one in summed)
        lead = [sizes[one] for one in both]
        rows = heart.reshape(turned, [prod(lead), -1, k], call.beside())
        made = heart.matmul(rows, call.parameter([prod(lead), k, n], "kernel"), call.place())
        made = heart.reshape(made, [*lead, *(sizes[one] for one in free), n], call.beside())
    have = [*both, *free, *units]
    made = heart.reshape(made, [sizes[one] for one in have], call.beside())
    made = heart.transpose(made, [have.index(one) for one in result])
    if biases and not inside:
        shape = [sizes[one] if one in biases else 1 for one in result]
        made = heart.merge("add", [made, call.parameter(shape, "bias")], call.place("add"))
    return activated(call, made)


def _equation(call: Called, text: str, rank: int) -> tuple[str, str, str]:
    """The letters of the input, of the kernel and of the output; `...` becomes letters too."""
    left, _, result = text.replace(" ", "").partition("->")
    letters, _, kernel = left.partition(",")
    hidden = rank - len(letters.replace("...", ""))
    dots = "".join(chr(0x3B1 + place) for place in range(max(hidden, 0))) if "..." in letters else ""
    letters, result = letters.replace("...", dots), result.replace("...", dots)
    good = all(one.isalpha() for one in letters + kernel + result) and letters and kernel and result
    if not good or len(letters) != rank or any(len(set(one)) < len(one) for one in (letters, kernel, result)):
        raise Mistake(
            f"`equation` of `{shown(call.config.name)}`, `{shown(text)}`, does not fit a tensor of {rank} axes"
        )
    return letters, kernel, result


def _output_sizes(call: Called, letters: str, result: str, sizes: dict[str, int]) -> None:
    """Adds the sizes that `output_shape` gives to axes of the kernel."""
    given: Any = call.config.value("output_shape")
    given = given if isinstance(given, list) else [given]
    dots = [one for one in letters if ord(one) >= 0x3B1]
    named = [one for one in result if one not in dots]
    behind = bool(dots) and result.startswith(dots[0])
    named = named if behind else named[1:]  # the batch is not in `output_shape`, unless it is one of the dots
    if len(named) != len(given):
        raise call.config.wrong("output_shape", f"a list of {len(named)} sizes")
    for one, size in zip(named, given, strict=True):
        if one in sizes:
            continue
        if type(size) is not int or size < 1:
            raise call.config.wrong("output_shape", "sizes of the axes of the kernel")
        sizes[one] = size
