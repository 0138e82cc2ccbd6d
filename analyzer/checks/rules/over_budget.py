"""A budget that the network breaks.

What a network may cost is decided before it is built: by the device that it runs on, by its share of the time for
training, by the bill. A change that breaks the budget is found when the file is checked, not when the device runs out
of memory.

Where the MACs of a layer are unknown (`macs: unknown`), the network has at least those that are known. A limit that
these break is broken. One that they keep gets a note, since nobody knows the rest.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - dense: 10
    budget: {params: 10K}

Instead: a network within its budget, or a budget that says what is allowed now.

    input: 32x32x3
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - global_avg_pool:
      - flatten:
      - dense: 10
    budget: {params: 10K}

Source: Lin, Chen & Yan 2014, "Network in network", section 3.2, for a global pool in place of a flattened volume.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.budget.guards import increased
from analyzer.checks.budget.limits import exceeded
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject

CODE = "CHECK501"
NAME = "over-budget"
SEVERITY = "error"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every limit of the budget that is broken, and for every guard of a review."""
    amounts = subject.amounts
    yield from exceeded(amounts, subject.budget)
    yield from increased(amounts, subject.guards)
