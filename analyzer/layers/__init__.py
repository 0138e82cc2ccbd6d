"""The layer catalogue: every layer type of the language. A type is a class, a family of types is a module.

`CATALOGUE` maps a type's name to its class. "Where a new thing goes" in docs/ says how to add one.
"""

# ruff: noqa: F401, I001 -- the families register themselves, in the order of the language's table
from analyzer.layers.answers import Counts, Flow, NOTHING
from analyzer.layers.base import CATALOGUE, Input, Layer
from analyzer.layers.parameters import Parameter, parameter
from analyzer.layers.sharing import LOCAL, SHARED, Sharing
from analyzer.layers import convolution
from analyzer.layers import dense
from analyzer.layers import pooling
from analyzer.layers import reductions
from analyzer.layers import normalization
from analyzer.layers import activation
from analyzer.layers import regularization
from analyzer.layers import arrangement
from analyzer.layers import moving
from analyzer.layers import unfolding
from analyzer.layers import resampling
from analyzer.layers import merge
from analyzer.layers import arithmetic
from analyzer.layers import attention
from analyzer.layers import recurrent
from analyzer.layers import special

__all__ = [
    "CATALOGUE",
    "LOCAL",
    "NOTHING",
    "SHARED",
    "Counts",
    "Flow",
    "Input",
    "Layer",
    "Parameter",
    "Sharing",
    "parameter",
]
