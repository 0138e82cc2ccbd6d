"""Writes `wrapped.jsonl` again: small modules with parts that torch 2.13.0 exports as graphs inside of operations."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from make_overwriting import Base, row
from torch import Tensor
from torch.utils.checkpoint import checkpoint

ROWS = Path(__file__).parent / "wrapped.jsonl"


class Unwatched(Base):
    """A part without gradients, which puts out two tensors."""

    def between(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            y, z = torch.relu(x), torch.sigmoid(x)
        return y + z


class Cast(Base):
    """A part in which the number format is left alone, inside of one without gradients."""

    def between(self, x: Tensor) -> Tensor:
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            return torch.relu(x)


class Checkpointed(Base):
    """A part that is calculated again in the backward pass, called twice."""

    def between(self, x: Tensor) -> Tensor:
        for _ in range(2):
            x = checkpoint(torch.tanh, x, use_reentrant=False)
        return x


if __name__ == "__main__":
    ROWS.write_text(
        "".join(json.dumps(row(one), separators=(",", ":")) + "\n" for one in (Unwatched(), Cast(), Checkpointed()))
    )
