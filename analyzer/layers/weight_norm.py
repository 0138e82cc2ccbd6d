"""Weight normalisation: the weights of a filter are a direction times a trained length, its gain.

    w = g·v/‖v‖, with one gain g for each filter and v of the size of its weights

A training step makes w from g and v and keeps it for the backward pass, with ‖v‖ for each filter. Inference keeps w in
place of v, so it makes nothing. The products are made once a step and not for each sample: they are no MACs.

Sources: Salimans & Kingma 2016; torch.nn.utils.parametrizations.weight_norm (torch 2.13.0).
"""

from __future__ import annotations

from math import prod

from analyzer.layers.operations import STATISTIC, Array, Operation


def normalised(operation: Operation, gains: int) -> Operation:
    """The operation with its weights normalised by so many gains; itself where it has none."""
    if not gains or not operation.trained:
        return operation
    weights, *biases = operation.trained
    made = (Array(prod(weights), batched=False), Array(gains, STATISTIC, batched=False))
    trained = (weights, (gains, *[1] * (len(weights) - 1)), *biases)
    found: Operation = operation.but(trained=trained, extras=(*operation.extras, *made))
    return found
