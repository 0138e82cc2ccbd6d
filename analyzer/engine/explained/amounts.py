"""Amounts of numbers as formulas: the elements of a volume, and the bytes of elements."""

from __future__ import annotations

from analyzer.dtypes import BITS
from analyzer.engine.explained.expression import Expression, Letter, Number, Product, Quotient
from analyzer.engine.explained.simplified import simplified
from analyzer.engine.explained.traced import formula
from analyzer.volume import Volume


def bytes_of(elements: Expression, batch: int, dtype: str, name: str = "bytes") -> Expression:
    """The formula of the bytes of elements, for each sample of a batch."""
    bits = BITS[dtype]
    samples = (Letter("batch", batch),) if batch > 1 else ()
    if bits % 8 == 0:
        return simplified(Product((elements, *samples, Letter(name, bits // 8))))
    width = Letter("bits", bits)
    return Quotient(simplified(Product((elements, *samples, width))), Number(8), True)


def elements_of(volume: Volume) -> Expression:
    """The formula of the elements of a volume whose sizes have letters."""
    return simplified(Product(tuple(formula(size) for size in volume.sizes)))
