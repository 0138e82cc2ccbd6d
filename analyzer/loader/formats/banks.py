"""Convolutions by the number of their filters, planes and groups."""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def bank(planes: int, filters: int, kernel: Sequence[int], groups: int) -> tuple[str, dict[str, Any]]:
    """The type of a convolution and its parameters: `depthwise_conv` where each filter reads a plane, else `conv`.

    >>> bank(8, 16, [3, 3], 8), bank(8, 16, [3, 3], 2)
    (('depthwise_conv', {'kernel': [3, 3], 'multiplier': 2}), ('conv', {'filters': 16, 'kernel': [3, 3], 'groups': 2}))
    """
    if groups == planes > 1 and filters % groups == 0:
        return "depthwise_conv", {"kernel": kernel, **({"multiplier": filters // groups} if filters > groups else {})}
    return "conv", {"filters": filters, "kernel": kernel, **({"groups": groups} if groups > 1 else {})}
