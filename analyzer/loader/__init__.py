"""The loader: a model file to a description, and a description to a placed network.

`reader` makes a tree of the text, `parse` a description of the tree, `expand` a network of the description.
"""

from analyzer.loader.description import Model
from analyzer.loader.entry import SettingError
from analyzer.loader.expand import expand
from analyzer.loader.limits import LIMITS
from analyzer.loader.parse import parse

__all__ = ["LIMITS", "Model", "SettingError", "expand", "parse"]
