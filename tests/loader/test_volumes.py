"""What a list, a tuple or a shape of another framework means as a volume."""

from __future__ import annotations

import pytest
from loading import found

from analyzer.loader.parse.volumes import volume_help

IMAGE = "a volume is height x width x depth"


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("3,48,32", f"write `48x32x3`: {IMAGE}"),
        ("(3, 48, 32)", f"write `48x32x3`: {IMAGE}"),
        ("3 x 48 x 32", f"write `48x32x3`: {IMAGE}"),
        ("torch.Size([3, 48, 32])", f"write `48x32x3`: {IMAGE}"),
        ("1, 28, 28", f"write `28x28x1`: {IMAGE}"),
        ("224, 224, 3", f"write `224x224x3`: {IMAGE}"),
        ("7, 7, 512", f"write `7x7x512`: {IMAGE}"),
        ("1,3,224,224", f"write `224x224x3`: {IMAGE}, without the batch"),
        ("32, 3, 32, 32", f"write `32x32x3`: {IMAGE}, without the batch"),
        ("-1, 3, 224, 224", f"write `224x224x3`: {IMAGE}, without the batch"),
        ("None, 224, 224, 3", f"write `224x224x3`: {IMAGE}, without the batch"),
        ("N x 1 x 28 x 28", f"write `28x28x1`: {IMAGE}, without the batch"),
        ("64, 56, 56", f"write `56x56x64` or `64x56x56`: {IMAGE}"),
        ("64, 64, 56, 56", f"write `56x56x64` or `64x56x56`: {IMAGE}, without the batch"),
        ("3, 16, 112, 112", "write `16x112x112x3`: a volume is time x height x width x depth"),
        ("8, 3, 16, 112, 112", "write `16x112x112x3`: a volume is time x height x width x depth, without the batch"),
        ("16, 112, 112, 3", "write `112x112x3` if 16 is the batch, or `16x112x112x3` if it is the time"),
        ("28, 28", "write `28x28x1` (height x width x depth) or `28x28` (length x depth)"),
        ("1, 16000", "write `16000x1` (length x depth) or `16000` (a vector)"),
        ("16000, 1", "write `16000x1`: a volume is length x depth"),
        ("null, 784", "write `784`: a vector, without the batch"),
        ("[512]", "write `512`: a vector"),
        ("null, null, 3", "write a number for each open size, such as `224x224x3`; `--input` overrides them"),
        ("1,000x3", None),
        ("32x32x3px", None),
        ("1,2,3,4,5,6", None),
        ("null", None),
        ("", None),
        ("7" * 100, None),
    ],
)
def test_help(text: str, help: str | None) -> None:
    assert volume_help(text) == help


def test_an_order_that_is_not_in_doubt_stays() -> None:
    assert volume_help("20, 14, ?", ordered=True) == f"write `20x14x?`: {IMAGE}"
    assert volume_help("1,2,3,4,5", ordered=True) is None


def test_lists_in_lists_and_named_inputs() -> None:
    (finding,) = found("inputs: {a: [1, [3, 48, 32]]}\nlayers:\n  - relu: {}\n    from: a\n")
    assert finding.help == f"write `48x32x3`: {IMAGE}, without the batch"
