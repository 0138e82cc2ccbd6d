"""The multiply-accumulates of operations that become `custom` layers; each number is the product beside it."""

from __future__ import annotations

import pytest

from analyzer.loader.formats.pt2.products import macs_of

CASES = [
    ("aten.linear", {"input": [1, 7, 5], "weight": [3, 5]}, [1, 7, 3], 7 * 5 * 3),
    ("aten.matmul", {"self": [4, 6, 5], "other": [5, 2]}, [4, 6, 2], 4 * 6 * 5 * 2),
    ("aten.bmm", {"self": [4, 6, 5], "mat2": [4, 5, 2]}, [4, 6, 2], 4 * 6 * 5 * 2),
    ("aten.addmm", {"self": [2], "mat1": [6, 5], "mat2": [5, 2]}, [6, 2], 6 * 5 * 2),
    ("aten.baddbmm", {"self": [2], "batch1": [3, 6, 5], "batch2": [3, 5, 2]}, [3, 6, 2], 3 * 6 * 5 * 2),
    ("aten.conv2d", {"input": [1, 4, 8, 8], "weight": [6, 2, 3, 3]}, [1, 6, 8, 8], 6 * 64 * 2 * 9),
    ("aten.conv_transpose2d", {"input": [1, 4, 8, 8], "weight": [4, 6, 2, 2]}, [1, 6, 16, 16], 4 * 64 * 6 * 4),
    (
        "aten.scaled_dot_product_attention",
        {"query": [1, 2, 7, 8], "key": [1, 2, 5, 8], "value": [1, 2, 5, 3]},
        [1, 2, 7, 3],
        2 * 7 * 5 * (8 + 3),
    ),
    ("aten.grid_sampler", {"input": [1, 4, 8, 8], "grid": [1, 8, 8, 2]}, [1, 4, 8, 8], 0),
    ("aten.add_", {"self": [3], "other": [3]}, [3], 0),
    ("aten.linalg_qr", {"A": [3, 3]}, [3, 3], None),
    ("aten.einsum", {}, [3], None),
    ("torchvision.deform_conv2d", {"input": [1, 4, 8, 8]}, [1, 6, 8, 8], None),
    ("aten.matmul", {"other": [5, 2]}, [4, 6, 2], None),
]


@pytest.mark.parametrize(("operator", "shapes", "out", "macs"), CASES, ids=[case[0] for case in CASES])
def test_macs(operator: str, shapes: dict[str, list[int]], out: list[int], macs: int | None) -> None:
    assert macs_of(operator, shapes, out) == macs
