"""A softmax at the end that the loss repeats.

Cross-entropy in the frameworks takes class scores and calculates the logarithm of their softmax itself. Given
probabilities, it takes the softmax of a softmax: its scores are between 0 and 1, so even a right answer with full
certainty leaves a loss far above 0, and gradients are small. Given logarithms of probabilities, the second pass changes
nothing and costs time. A softmax that is in the file to describe inference belongs there; then this is only a note.

Fires:

    input: 28x28x1
    layers:
      - flatten
      - dense: 10
      - softmax
    training: {loss: cross_entropy}

Instead: class scores; softmax belongs to inference.

    input: 28x28x1
    layers:
      - flatten
      - dense: 10
    training: {loss: cross_entropy}

Source: torch.nn.CrossEntropyLoss, which "expects unnormalized logits"; Keras CategoricalCrossentropy, `from_logits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log

from analyzer.checks.found import Found
from analyzer.checks.passing import source_of_values
from analyzer.checks.subject import Subject
from analyzer.layers.traits import Scores

CODE = "CHECK204"
NAME = "repeated-by-loss"
SEVERITY = "note"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every output that is a softmax or its logarithm, where the loss is cross-entropy."""
    if subject.loss != "cross_entropy":
        return
    written = "loss" in subject.training
    for output in subject.network.outputs:
        node = source_of_values(output)
        classes = node.output.depth
        if node.layer.scores is Scores.PROBABILITIES:
            least = log(exp(1) + classes - 1) - 1
            notes = [
                f"with {classes:,} classes the smallest loss is then log(e + {classes - 1:,}) − 1 = {least:.3g}, not 0: a "
                f"right answer has the score 1 and the others 0",
            ]
        elif node.layer.scores is Scores.LOGARITHMS:
            notes = [f"log softmax(log softmax(x)) = log softmax(x): {node.output.size:,} exponentials for nothing"]
        else:
            continue
        if not written:
            notes.append("cross-entropy is assumed, since the file names no loss")
        yield Found(
            f"cross-entropy repeats `{node.name}`: it calculates the logarithm of the softmax itself",
            node,
            notes=notes,
            help=f"leave `{node.name}` out, or train with a loss that takes its output (`training: {{loss: none}}`)",
            severity="warning" if written and node.layer.scores is Scores.PROBABILITIES else None,
        )
