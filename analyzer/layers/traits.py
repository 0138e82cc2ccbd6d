"""Traits of a layer type that have more than two answers; see "Traits" in `Layer`."""

from __future__ import annotations

from enum import Enum


class Normalises(Enum):
    """By whose mean and deviation a layer normalises."""

    NOTHING = "it does not normalise, or by neighbours only"
    BATCH = "each plane by that of the batch"
    SAMPLE = "several planes by that of one sample"
    PLANE = "each plane by that of one sample"


class Averages(Enum):
    """Of which cells a layer puts out the mean."""

    NOTHING = "of none"
    WINDOW = "of each of its windows, all of one size"
    PLANE = "of each whole plane"
    AXIS = "along whole axes"


class Drops(Enum):
    """What a layer drops at random while the network trains."""

    NOTHING = "nothing"
    CELLS = "single elements"
    PLANES = "whole planes"
    SAMPLES = "the whole volume of a sample"


class Scores(Enum):
    """What a layer's outputs are to a loss."""

    PLAIN = "numbers of any size"
    PROBABILITIES = "probabilities: they sum to 1"
    LOGARITHMS = "logarithms of probabilities"
