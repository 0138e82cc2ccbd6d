"""Constants of code that stand in for numbers which the description of a network does not have."""

from __future__ import annotations

#: The texts, by name.
STANDING_IN: dict[str, str] = {
    "ADDED": """\
# The description of the network does not have the constants of its arithmetic: this
# one stands in for each number that is added. Put in yours.
ADDED = 0.0
""",
    "FACTOR": """\
# The description of the network does not have the constants of its arithmetic: this
# one stands in for each factor, divisor and exponent. Put in yours.
FACTOR = 1.0
""",
    "THRESHOLD": """\
# The description of the network does not have the constants of its arithmetic: this
# one stands in for each number that a tensor is compared with. Put in yours.
THRESHOLD = 0.0
""",
    "LOWEST": """\
# The description of the network does not have the bounds of its values: this one
# stands in for each lower bound. Put in yours.
LOWEST = float("-inf")
""",
    "HIGHEST": """\
# The description of the network does not have the bounds of its values: this one
# stands in for each upper bound. Put in yours.
HIGHEST = float("inf")
""",
}
