"""A torch module as `observe` sees it: shapes, numbers calculated by hand, and the module afterwards as before."""

from __future__ import annotations

import random
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
nn = torch.nn
F = nn.functional

from analyzer.matching.observed import Entered, Observation, Observed  # noqa: E402  # torch may be missing
from analyzer.matching.torch_modules import observe  # noqa: E402
from analyzer.volume import Volume  # noqa: E402

pytestmark = pytest.mark.peer

#: A batch norm's counter is no buffer; its mean and variance are.
IMAGE = [Entered("input", Volume((32, 32), 3))]


def frozen_state(module: Any) -> Any:
    """Everything of a module that must be as before, in a form that can be compared."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return id(value), id(value.grad), value.requires_grad, value._version, value.device, value.data_ptr()
        if isinstance(value, dict):
            return [(key, plain(one)) for key, one in value.items()]
        if isinstance(value, (list, tuple)):
            return type(value), [plain(one) for one in value]
        return id(value)

    tensors = {name: one.detach().clone() for name, one in module.state_dict().items() if not one.is_meta}
    numbers = torch.get_rng_state(), random.getstate()
    return [(name, plain(vars(one))) for name, one in module.named_modules()], tensors, numbers


def is_same(one: Any, other: Any) -> bool:
    same = all(torch.equal(one[1][name], other[1][name]) for name in one[1])
    return same and one[0] == other[0] and torch.equal(one[2][0], other[2][0]) and one[2][1] == other[2][1]


def seen(module: Any, entered: Any = IMAGE) -> Observation:
    """What is observed, of a module that is afterwards as before."""
    before = frozen_state(module)
    try:
        return observe(module, entered)
    finally:
        assert is_same(before, frozen_state(module))


class Net(nn.Module):  # type: ignore[misc]  # torch may be missing
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(x.mean((2, 3)))


def test_calls_are_seen_in_order_with_shapes_and_numbers() -> None:
    found = seen(Net())
    assert found.layers == [
        Observed("conv1", "Conv2d", [(1, 3, 32, 32)], [(1, 64, 16, 16)], 7 * 7 * 3 * 64, 0, 0),
        Observed("bn1", "BatchNorm2d", [(1, 64, 16, 16)], [(1, 64, 16, 16)], 64, 64, 128),
        Observed("fc", "Linear", [(1, 64)], [(1, 10)], 640, 10, 0),
    ]
    assert (found.framework, found.kind, found.outputs, found.unused) == ("torch", "Net", [(1, 10)], [])
    assert (found.parameters, found.real) == (9408 + 128 + 650, None)
    assert found.modules == {"": "Net", "conv1": "Conv2d", "bn1": "BatchNorm2d", "fc": "Linear"}
