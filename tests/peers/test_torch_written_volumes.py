"""Examples as PyTorch code: every layer of the report puts out its volume, in the order of the report.

The shapes are those of everything that torch calculates on the `meta` device, and of every module. Those of the layers
must be among them in their order. A layer that does nothing in a forward pass may leave no trace.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: written code is not run")

from analyzer.api import load  # noqa: E402
from analyzer.engine.network import Network, Node  # noqa: E402
from analyzer.loader.expand.expansion import expand  # noqa: E402
from analyzer.loader.writing.torch import write_torch  # noqa: E402

pytestmark = pytest.mark.peer

EXAMPLES = Path(__file__).parents[2] / "example_models"
NAMES = ("resnet50", "googlenet", "densenet121", "unet3d", "vit_b16", "swin_tiny", "crnn", "mobilenetv3_small", "gpt2")


def shapes_of(text: str) -> list[tuple[int, ...]]:
    """The shapes of all that torch calculates while the file runs."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    found: list[tuple[int, ...]] = []

    def note(result: Any) -> None:
        found.extend(tuple(one.shape) for one in tree_leaves(result) if isinstance(one, torch.Tensor))

    class Noting(TorchDispatchMode):  # type: ignore[misc]  # torch has no types here
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = function(*args, **(kwargs or {}))
            note(result)
            return result

    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written", "exec"), names)
    handle = torch.nn.modules.module.register_module_forward_hook(lambda module, inputs, result: note(result))
    try:
        with Noting(), contextlib.redirect_stdout(io.StringIO()) as said:
            assert names["main"]() == 0, said.getvalue()
    finally:
        handle.remove()
    return found


def shapes(node: Node) -> set[tuple[int, ...]]:
    """The two shapes that a volume can have, with the depth first or last."""
    volume = node.output
    return {(1, volume.depth, *volume.spatial), (1, *volume.spatial, volume.depth)}


def missing(network: Network, seen: list[tuple[int, ...]]) -> str | None:
    """The first layer whose volume torch does not put out in its place."""
    place = 0
    for node in network.nodes:
        at = next((number for number in range(place, len(seen)) if seen[number] in shapes(node)), None)
        if at is not None:
            place = at + 1
        elif not any(shapes(node) == shapes(source) for source in node.inputs):
            return f"{node.name}: {node.output}"
    return None


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_puts_out_its_volume(name: str) -> None:
    network, problems = expand(load(EXAMPLES / f"{name}.yaml"))
    assert not problems
    assert missing(network, shapes_of(write_torch(network, {"name": name}))) is None


def test_a_wrong_volume_is_noticed() -> None:
    network, _ = expand(load(EXAMPLES / "resnet50.yaml"))
    seen = shapes_of(write_torch(network, {"name": "net"}))
    assert missing(network, [one for one in seen if one != (1, 512, 28, 28)]) is not None


def test_the_state_dict_of_an_exported_module_loads(tmp_path: Path) -> None:
    """A class token, `nn.MultiheadAttention`, numbered layers with gaps, a buffer that no layer reads."""

    class Block(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
        def __init__(self) -> None:
            super().__init__()
            self.norm = torch.nn.LayerNorm(16)
            self.attention = torch.nn.MultiheadAttention(16, 2, batch_first=True)
            self.mlp = torch.nn.Sequential(
                torch.nn.Linear(16, 32), torch.nn.GELU(), torch.nn.Dropout(0.1), torch.nn.Linear(32, 16)
            )
            self.gamma = torch.nn.Parameter(torch.ones(16))
            self.register_buffer("index", torch.zeros(5, 5, dtype=torch.long))

        def forward(self, x: Any) -> Any:
            y = self.norm(x)
            x = x + self.attention(y, y, y, need_weights=False)[0]
            return x + self.gamma * self.mlp(x)

    class Net(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
        def __init__(self) -> None:
            super().__init__()
            self.token = torch.nn.Parameter(torch.zeros(1, 1, 16))
            self.patches = torch.nn.Conv2d(3, 16, 4, stride=4)
            self.blocks = torch.nn.ModuleList([Block() for _ in range(3)])
            self.head = torch.nn.Linear(16, 10)

        def forward(self, x: Any) -> Any:
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
            for block in self.blocks:
                x = block(x)
            return self.head(x[:, 0])

    module = Net().eval()
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(module, (torch.zeros(1, 3, 8, 8),)), path)
    network, problems = expand(load(path))
    assert not problems
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(write_torch(network, {"name": "net"}), "written", "exec"), names)
    assert names["main"]() == 0
    names["Net"]().load_state_dict(module.state_dict(), strict=True)
