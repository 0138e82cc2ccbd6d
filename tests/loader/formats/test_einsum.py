"""Einstein's sums, run on numbers cell by cell and compared with the definition: a sum over every label."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from running import Array, Running, indices, made

from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.einsum import Unequal, einsum, labelled
from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.loader.formats.tensors import Tensors

HERE = Place("", "node")
SIZES = {"a": 2, "b": 1, "c": 3, "d": 2, "h": 2, "i": 3, "j": 2, "k": 4, "n": 1, "s": 3, "t": 2, "w": 3}


def by_definition(equation: str, arrays: list[Array]) -> Array:
    """For every index of the result, the sum over all indices of the other labels."""
    terms, out = labelled(equation, [len(array.shape) for array in arrays])
    labels = {
        label: size
        for term, array in zip(terms, arrays, strict=True)
        for label, size in zip(term, array.shape, strict=True)
    }
    rest = [label for label in labels if label not in out]

    def number(index: tuple[int, ...]) -> int:
        total = 0
        for inner in product(*(range(labels[label]) for label in rest)):
            places = dict(zip((*out, *rest), (*index, *inner), strict=True))
            total += prod(x.at(tuple(places[label] for label in term)) for term, x in zip(terms, arrays, strict=True))
        return total

    return made([labels[label] for label in out], number)


@pytest.mark.parametrize(
    "equation",
    [
        "bhtd,bhsd->bhts", "bthd,bshd->bhts", "bhts,bshd->bthd", "bij,bjk->bik", "ij,jk", "ij->ji", "ij->i", "ij->",
        "i,j->ij", "nck,nck->nc", "nck,nc->nck", "...ij,...jk->...ik", "ac,cd,dk->ak", "nctk,kw->nctw", "ij,ik->jk",
        "bhwd,hkd->bhwk", "abc->cab", "nit,nt->ni", "ij,ij->", "i,i", "ai,ci->ac", "nhi,njh->nij",
    ],
)  # fmt: skip
def test_sums_are_those_of_the_definition(equation: str) -> None:
    heart = Tensors(Sheet("net.onnx", "net"))
    run = Running()
    xs, arrays = [], []
    for at, term in enumerate(equation.partition("->")[0].split(",")):
        shape = tuple(SIZES[label] for label in term.replace("...", "ah"))
        x = heart.enter(f"x{at}", shape, batch=0 if term[0] in "bn" else None)
        numbers = Array(shape, [(7 * place + at) % 11 - 3 for place in range(prod(shape))])
        xs.append(x)
        arrays.append(numbers)
        assert x.base.written is not None
        inner = Array(x.base.written.volume.sizes, numbers.numbers)
        run.give(x.base.written, inner)
    found = run.tensor(einsum(heart, equation, xs, HERE))
    expected = by_definition(equation, arrays)
    assert (found.shape, found.numbers) == (expected.shape, expected.numbers)
    assert indices(found.shape)


def test_macs_are_those_of_the_product() -> None:
    sheet = Sheet("net.onnx", "net")
    heart = Tensors(sheet)
    q, k = heart.enter("q", (1, 4, 6, 8)), heart.enter("k", (1, 4, 5, 8))
    einsum(heart, "bhtd,bhsd->bhts", [q, k], HERE)
    # torch.utils.flop_counter on torch 2.13.0 says 2·960 for torch.einsum of these: 4·6·5·8
    assert [(layer.type, layer.volume.sizes) for layer in sheet.layers] == [("matmul", (4, 6, 5))]


def test_what_is_no_sum_of_these() -> None:
    heart = Tensors(Sheet("net.onnx", "net"))
    x = heart.enter("x", (3, 3), batch=None)
    with pytest.raises(Unarranged):
        einsum(heart, "ii->i", [x], HERE)
    for equation in ("ijk->i", "ij,jk->ik", "ij->ijk"):
        with pytest.raises(Unequal):
            einsum(heart, equation, [x], HERE)
