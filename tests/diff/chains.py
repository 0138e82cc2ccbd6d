"""Chains and hostile names that the comparison is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer import analyze


def report(layers: str | Sequence[str], *, input: str = "32x32x3", name: str = "net", head: str = "") -> dict[str, Any]:
    """The JSON report of a network given by its layers, one a line."""
    lines = layers if isinstance(layers, str) else "\n".join(f"  - {layer}" for layer in layers)
    return analyze(f"name: {name}\ninput: {input}\n{head}layers:\n{lines}\n").to_dict()


def conv(filters: int, name: str | None = None, **rest: object) -> str:
    """A 3×3 convolution that keeps height and width."""
    more = "".join(f", {key}: {value}" for key, value in rest.items())
    said = f", name: {name}" if name else ""
    return f"{{conv: {{filters: {filters}, kernel: 3, padding: 1{more}}}{said}}}"
