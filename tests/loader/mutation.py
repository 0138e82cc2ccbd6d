"""Mutations of model files: one small mistake, or a change that is none, at a random place of the plain data."""

from __future__ import annotations

import copy
import random
from typing import Any

from analyzer.engine.amounts import AMOUNTS
from analyzer.layers import CATALOGUE
from analyzer.loader.parse.grammar import (
    BLOCK_KEYS,
    GRAPH_KEYS,
    PARALLEL_KEYS,
    RESIDUAL_KEYS,
    STRUCTURES,
    TOP_KEYS,
)

#: Values of every JSON type, right at some place and wrong at most.
POOL: tuple[Any, ...] = (
    -1, 0, 1, 3, 2.5, 0.5, 10**16, True, False, None, "", "word", "same", "none", "relu", "local", "3x5", "0x3", "3x",
    "1x?", "?x?", "32x32x3", "$D", "$(2*D)", "3x$(D)", "depth", "26M", "5 MiB", "prev", "a.b", "conv", [], [1], [3, 5],
    [1, 2, 3, 4], [[1, 2], [0, 1]], [[1, 2, 3]], ["prev", "input"], ["relu"], [3, "$D"], {}, {"a": 1}, {"top": 1},
    {"tiled": 2}, {"relu": None}, {"leaky_relu": 0.1}, {"min": 1}, {"conv": {"filters": 1, "kernel": 1}},
    {"c": [1, 2]}, {"height": 3, "width": 3, "depth": 1},
)  # fmt: skip

_WORDS = sorted(
    {*TOP_KEYS, *GRAPH_KEYS, *STRUCTURES, *BLOCK_KEYS, *RESIDUAL_KEYS, *PARALLEL_KEYS, *AMOUNTS, *CATALOGUE}
    | {name for layer in CATALOGUE.values() for name in layer.declared}
    | {"K", "F", "S", "P", "top", "tiled", "regions", "min", "max", "height", "Stage", "prev", "a.b", "if", "Conv2D"}
)


def mutated(data: Any, chance: random.Random) -> Any:
    """A copy of `data` with one mutation."""
    data = copy.deepcopy(data)
    place = chance.choice(_places(data))
    container, key = place
    value = container[key]
    kind = chance.choice(("replace", "replace", "rename", "remove", "add", "lift", "wrap", "negate"))
    if kind == "rename" and isinstance(container, dict):
        _rename(container, key, chance.choice((_misspelled(key, chance), chance.choice(_WORDS))))
    elif kind == "remove":
        del container[key]
    elif kind == "add" and isinstance(value, dict):
        value[chance.choice(_WORDS)] = chance.choice(POOL)
    elif kind == "lift" and isinstance(value, dict) and isinstance(container, dict) and value:
        inner = chance.choice(list(value))
        container.setdefault(inner, value.pop(inner))
    elif kind == "wrap":
        container[key] = [value] if chance.random() < 0.5 else {str(key): value}
    elif kind == "negate" and isinstance(value, int | float) and not isinstance(value, bool):
        container[key] = -value - 1
    else:
        container[key] = copy.deepcopy(chance.choice(POOL))
    return data


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Every value inside `data`, as its container and its key or position."""
    found, stack = [], [data]
    while stack:
        container = stack.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], dict | list):
                stack.append(container[key])
    return found


def _rename(mapping: dict[str, Any], old: str, new: str) -> None:
    items = [(new if key == old else key, value) for key, value in mapping.items() if key != new or key == old]
    mapping.clear()
    mapping.update(items)


def _misspelled(word: str, chance: random.Random) -> str:
    place = chance.randrange(len(word) + 1)
    return word[:place] + chance.choice("aeixX_1.é ") + word[place + chance.randrange(2) :]
