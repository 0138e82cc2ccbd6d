"""Writes the numbers of each network in `models.jsonl` again, as Keras has them: `KERAS_BACKEND=torch python …`.

A row has the network as `to_json` writes it, without what says nothing about its size (initializers and the like), its
weights (`total`, and those that are trained, without the states of random generators), and the MACs that torch's
`FlopCounterMode` counts. It does not count the products of a fused attention, and counts one step too many of a
recurrent layer that Keras runs step by step: networks with these are left out.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import keras
import torch
from torch.utils.flop_counter import FlopCounterMode

MODELS = Path(__file__).parent / "models.jsonl"


def elements(weights: Any) -> int:
    """The elements of weights, without the states of random generators."""
    return sum(prod(weight.shape) for weight in weights if "seed" not in weight.path)


def measured(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the numbers of Keras."""
    model = keras.models.model_from_json(json.dumps(row["model"]))
    inputs = [torch.zeros((1, *x.shape[1:]), dtype=getattr(torch, x.dtype)) for x in model.inputs]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(inputs if len(inputs) > 1 else inputs[0], training=False)
    numbers = {"trainable": elements(model.trainable_weights), "total": elements(model.weights)}
    return {"name": row["name"], **numbers, "macs": counter.get_total_flops() // 2, "model": row["model"]}


if __name__ == "__main__":
    rows = [json.loads(line) for line in MODELS.read_text().splitlines()]
    MODELS.write_text("".join(json.dumps(measured(row), separators=(",", ":")) + "\n" for row in rows))
