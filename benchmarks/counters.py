"""Runs other tools, with one function for each: `python benchmarks/counters.py torchinfo` prints ResNet-50's summary.

    python benchmarks/counters.py TOOL             # imports only that tool and prints its summary of ResNet-50
    python benchmarks/counters.py TOOL --count     # prints its counts as JSON: of ResNet-50, and of each trap
    python benchmarks/counters.py --export FOLDER  # writes the ONNX files that onnx-tool reads

`benchmarks/peers.py` runs it in a process of its own for each tool, so that the start of one tool does not include
another.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor, nn


class Trap(NamedTuple):
    """A layer that tools count differently: its MACs, the shape of its input, and how it is written in the language."""

    macs: int
    shape: tuple[int, ...]
    yaml: str


#: MACs by hand; each is a row of tests/data/layers.json or of layers measured there.
TRAPS = {
    "conv 3→8, 3×3, on 10×10": Trap(13_824, (3, 10, 10), "10x10x3: conv: {filters: 8, kernel: 3, stride: 1}"),
    "conv, `same`": Trap(21_600, (3, 10, 10), "10x10x3: conv: {filters: 8, kernel: 3, padding: same}"),
    "transposed conv 3→8, 3×3 /2, on 5×5": Trap(
        5_400, (3, 5, 5), "5x5x3: conv_transpose: {filters: 8, kernel: 3, stride: 2}"
    ),
    "linear 10→4 on 7 tokens": Trap(280, (7, 10), "7x10: linear: 4"),
    "attention, 8 heads, 10 tokens of 64": Trap(176_640, (10, 64), "10x64: multi_head_attention: 8"),
    "LSTM 10→20, 7 steps": Trap(16_800, (7, 10), "7x10: lstm: {units: 20, biases: 2}"),
}


def trap_module(name: str) -> nn.Module:
    """The trap in torch."""
    from torch import nn

    class SelfAttention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.MultiheadAttention(64, 8, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.layer(x, x, x)[0]
            return result

    made = (
        lambda: nn.Conv2d(3, 8, 3),
        lambda: nn.Conv2d(3, 8, 3, padding="same"),
        lambda: nn.ConvTranspose2d(3, 8, 3, stride=2),
        lambda: nn.Linear(10, 4),
        SelfAttention,
        lambda: nn.LSTM(10, 20, batch_first=True),
    )
    return made[list(TRAPS).index(name)]().eval()


Count = dict[str, Any]


def torchinfo(model: nn.Module, x: Tensor, folder: str) -> Count:
    from torchinfo import summary

    found = summary(model, input_data=x, verbose=0)
    print(found)
    return {"macs": found.total_mult_adds, "parameters": found.total_params}


def thop(model: nn.Module, x: Tensor, folder: str) -> Count:
    from thop import profile

    macs, parameters = profile(model, inputs=(x,), verbose=False)
    print(f"{macs:,.0f} MACs, {parameters:,.0f} parameters")
    return {"macs": int(macs), "parameters": int(parameters)}


def ptflops(backend: str) -> Callable[[nn.Module, Tensor, str], Count]:
    def count(model: nn.Module, x: Tensor, folder: str) -> Count:
        from ptflops import get_model_complexity_info

        shape = tuple(x.shape[1:])
        macs, parameters = get_model_complexity_info(
            model, shape, as_strings=False, print_per_layer_stat=True, verbose=False, backend=backend
        )
        return {"macs": None if macs is None else int(macs), "parameters": parameters}

    return count


def fvcore(model: nn.Module, x: Tensor, folder: str) -> Count:
    from fvcore.nn import FlopCountAnalysis, flop_count_table, parameter_count

    found = FlopCountAnalysis(model, x)
    print(flop_count_table(found))
    return {"macs": int(found.total()), "parameters": parameter_count(model)[""]}


def torchprofile(model: nn.Module, x: Tensor, folder: str) -> Count:
    from torchprofile import profile_macs

    macs = profile_macs(model, x)
    print(f"{macs:,} MACs")
    return {"macs": int(macs)}


def flop_counter(model: nn.Module, x: Tensor, folder: str) -> Count:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=True) as counter:
        model(x)
    return {"macs": counter.get_total_flops() // 2}


def calflops(model: nn.Module, x: Tensor, folder: str) -> Count:
    from calflops import calculate_flops

    _, macs, parameters = calculate_flops(model, input_shape=tuple(x.shape), output_as_string=False)
    return {"macs": int(macs), "parameters": int(parameters)}


def onnx_tool(model: nn.Module | None, x: Tensor | None, folder: str, name: str = "resnet50") -> Count:
    """Reads a file that `export` wrote: torch is not imported."""
    import onnx_tool as tool

    found = tool.Model(os.path.join(folder, f"{name}.onnx"))
    found.graph.shape_infer()
    found.graph.profile()
    found.graph.print_node_map()
    macs = found.graph.macs[0] if isinstance(found.graph.macs, (list, tuple)) else found.graph.macs
    return {"macs": int(macs), "parameters": int(found.graph.params)}


class Tool(NamedTuple):
    """A tool: the package that must be installed, and how it counts."""

    package: str
    count: Callable[..., Count]


TOOLS = {
    "torchinfo": Tool("torchinfo", torchinfo),
    "thop": Tool("thop", thop),
    "ptflops": Tool("ptflops", ptflops("pytorch")),
    "ptflops, aten": Tool("ptflops", ptflops("aten")),
    "fvcore": Tool("fvcore", fvcore),
    "torchprofile": Tool("torchprofile", torchprofile),
    "FlopCounterMode": Tool("torch", flop_counter),
    "calflops": Tool("calflops", calflops),
    "onnx-tool": Tool("onnx_tool", onnx_tool),
}


def resnet(tool: str, folder: str) -> Count:
    """Runs a tool on ResNet-50; the tool prints its summary."""
    if tool == "onnx-tool":
        return onnx_tool(None, None, folder)
    import torch
    from torch_resnet50 import resnet50

    return TOOLS[tool].count(resnet50().eval(), torch.zeros(1, 3, 224, 224), folder)


def trapped(tool: str, folder: str) -> dict[str, int | str | None]:
    """MACs of each trap, or the error that the tool ends in."""
    found: dict[str, int | str | None] = {}
    for place, (name, trap) in enumerate(TRAPS.items()):
        try:
            if tool == "onnx-tool":
                count = onnx_tool(None, None, folder, f"trap{place}")
            else:
                import torch

                count = TOOLS[tool].count(trap_module(name), torch.zeros(1, *trap.shape), folder)
            found[name] = count["macs"]
        except Exception as error:  # whatever a tool ends in is its result
            found[name] = f"{type(error).__name__}"
    return found


def export(folder: str) -> None:
    """Writes ResNet-50 and the traps as ONNX files, except those that cannot be exported."""
    import torch
    from torch_resnet50 import resnet50

    models = {"resnet50": (resnet50(), (3, 224, 224))}
    models |= {f"trap{place}": (trap_module(name), trap.shape) for place, (name, trap) in enumerate(TRAPS.items())}
    for name, (model, shape) in models.items():
        with contextlib.suppress(Exception):
            mode = torch.onnx.TrainingMode.TRAINING if name == "trap4" else torch.onnx.TrainingMode.EVAL
            torch.onnx.export(
                model, (torch.zeros(1, *shape),), os.path.join(folder, f"{name}.onnx"), dynamo=False, training=mode
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", nargs="?", choices=TOOLS)
    parser.add_argument("--folder", default=".", help="where the ONNX files are")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--export", metavar="FOLDER")
    asked = parser.parse_args()
    if asked.export:
        export(asked.export)
    elif asked.count:
        with contextlib.redirect_stdout(io.StringIO()):
            found = {**resnet(asked.tool, asked.folder), "traps": trapped(asked.tool, asked.folder)}
        json.dump(found, sys.stdout)
    else:
        resnet(asked.tool, asked.folder)


if __name__ == "__main__":
    main()
