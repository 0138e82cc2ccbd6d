"""Writes `overwriting.jsonl` again: small modules that overwrite tensors, exported by torch 2.13.0.

A row has the description of the program (`models/model.json`) without the lines of Python, and the shape of the output.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._export.serde.serialize import serialize

ROWS = Path(__file__).parent / "overwriting.jsonl"


class Base(nn.Module):
    """Two convolutions with something between them."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 1)

    def between(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.b(self.between(self.a(x)))
        return found


class Whole(Base):
    """The function returns what it has overwritten, and nobody takes it."""

    def between(self, x: Tensor) -> Tensor:
        torch.relu_(x)
        return x


class Part(Base):
    """Half of the planes are overwritten with a sum."""

    def between(self, x: Tensor) -> Tensor:
        x[:, :4] += x[:, 4:]
        return x


class Constant(Base):
    """Some cells are set to 0."""

    def between(self, x: Tensor) -> Tensor:
        x[:, :, 0] = 0
        return x


class Filled(Base):
    """Cells of a new tensor are set to those of another one."""

    def between(self, x: Tensor) -> Tensor:
        y = x.new_zeros(1, 8, 16, 16)
        y[:, :, ::2, ::2] = x
        return y


class Everything(Base):
    """All cells are replaced."""

    def between(self, x: Tensor) -> Tensor:
        x[:, :] = torch.sigmoid(x)
        return x


class Unread(Base):
    """What is overwritten is read by nobody afterwards."""

    def between(self, x: Tensor) -> Tensor:
        y = torch.tanh(x)
        x[:, :4] += 1
        return y


def row(module: nn.Module) -> dict[str, Any]:
    """A module's program and its output."""
    x = torch.zeros(1, 3, 8, 8)
    program = torch.export.export(module.eval(), (x,), strict=False)
    data = json.loads(serialize(program).exported_program)
    return {"name": type(module).__name__, "output": list(module(x).shape), "program": untraced(data)}


def untraced(value: Any) -> Any:
    """A value of JSON without what says where on this machine it was made, in graphs inside of operations too."""
    if isinstance(value, dict):
        return {key: untraced(one) for key, one in value.items() if key not in ("stack_trace", "torch_fn")}
    return [untraced(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    modules = Whole(), Part(), Constant(), Filled(), Everything(), Unread()
    with torch.no_grad():
        ROWS.write_text("".join(json.dumps(row(module), separators=(",", ":")) + "\n" for module in modules))
