"""Einstein's sums over tensors: a product with a sum is a `matmul`, one without is a `multiply`, a sum is a `reduce`.

Several tensors are combined from the left to the right, as torch.einsum does.

Sources: numpy.einsum; torch.einsum (2.13.0); ONNX Einsum (1.23.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor


class Unequal(Exception):
    """An equation that does not belong to the tensors it is given with."""


def einsum(heart: Tensors, equation: str, xs: Sequence[Tensor], place: Place) -> Tensor:
    """The sum that an equation such as `bhtd,bhsd->bhts` describes.

    Raises `Unarranged` for the diagonal of a tensor (`ii->i`), `Unequal` where the equation does not fit.
    """
    terms, out = labelled(equation, [x.rank for x in xs])
    if any(len(set(term)) < len(term) for term in (*terms, out)):
        raise Unarranged
    x, term = xs[0], terms[0]
    for at in range(1, len(xs)):
        wanted = set(out).union(*terms[at + 1 :])
        x, term = _pair(heart, (x, term), (xs[at], terms[at]), wanted, place)
    x, term = _summed(heart, x, term, set(out), place)
    if sorted(term) != sorted(out):
        raise Unequal
    return heart.transpose(x, [term.index(label) for label in out])


def labelled(equation: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The labels of each tensor's axes and of the result's; an ellipsis becomes digits, counted from the right.

    >>> labelled("...ij,jk->...ik", [3, 2])
    (['0ij', 'jk'], '0ik')
    >>> labelled("ij,jk", [2, 2])
    (['ij', 'jk'], 'ik')
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    written = left.split(",")
    if len(written) != len(ranks):
        raise Unequal
    lengths = [rank - len(term.replace("...", "")) for term, rank in zip(written, ranks, strict=True)]
    if any(length < 0 or (length and "..." not in term) for term, length in zip(written, lengths, strict=True)):
        raise Unequal
    most = max((length for term, length in zip(written, lengths, strict=True) if "..." in term), default=0)
    if most > 10:
        raise Unequal
    digits = "0123456789"[:most]
    terms = [term.replace("...", digits[most - n :]) for term, n in zip(written, lengths, strict=True)]
    if arrow:
        return terms, right.replace("...", digits)
    whole = "".join(terms)
    once = sorted(label for label in set(whole) if whole.count(label) == 1 and label not in digits)
    return terms, digits + "".join(once)


def _summed(heart: Tensors, x: Tensor, term: str, wanted: set[str], place: Place) -> tuple[Tensor, str]:
    """The tensor without the axes that nothing wants, which are added up."""
    gone = [axis for axis, label in enumerate(term) if label not in wanted]
    if not gone:
        return x, term
    return heart.reduce(x, "sum", gone, False, place), "".join(label for label in term if label in wanted)


def _pair(
    heart: Tensors, first: tuple[Tensor, str], second: tuple[Tensor, str], wanted: set[str], place: Place
) -> tuple[Tensor, str]:
    """Two tensors as one: summed over the labels that both have and nothing wants."""
    a, here = _summed(heart, *first, wanted | set(second[1]), place)
    b, there = _summed(heart, *second, wanted | set(here), place)
    both = [label for label in here if label in there]
    kept = [label for label in both if label in wanted]
    inner = [label for label in both if label not in wanted]
    left, right = [label for label in here if label not in there], [label for label in there if label not in here]
    order = "".join((*kept, *left, *right))
    if not inner:
        a, b = _aligned(heart, a, here, order), _aligned(heart, b, there, order)
        return heart.merge("multiply", [a, b], place), order
    a, sizes_left = _matrix(heart, a, here, (kept, left, inner), place)
    b, sizes_right = _matrix(heart, b, there, (kept, inner, right), place)
    made = heart.matmul(a, b, place)
    lead = [max(pair) for pair in zip(a.shape[: len(kept)], b.shape[: len(kept)], strict=True)]
    return heart.reshape(made, [*lead, *sizes_left[1], *sizes_right[2]], place), order


def _aligned(heart: Tensors, x: Tensor, term: str, order: str) -> Tensor:
    """The tensor with an axis for each label of `order`, of one cell where it has none."""
    x = heart.transpose(x, [term.index(label) for label in order if label in term])
    return heart.unsqueeze(x, [axis for axis, label in enumerate(order) if label not in term])


def _matrix(
    heart: Tensors, x: Tensor, term: str, parts: tuple[list[str], list[str], list[str]], place: Place
) -> tuple[Tensor, list[list[int]]]:
    """The tensor as matrices: the axes of the first part, then one axis for each other part; and the sizes of each."""
    x = heart.transpose(x, [term.index(label) for part in parts for label in part])
    sizes = iter(x.shape)
    found = [[next(sizes) for _ in part] for part in parts]
    return heart.reshape(x, [*found[0], prod(found[1]), prod(found[2])], place), found
