"""Networks that a page must be able to draw: one layer, vectors, tokens, several ends, dense wiring, hostile names."""

from __future__ import annotations

ONE = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"

VECTORS = "input: 512\nlayers:\n  - dense: 100\n  - relu\n  - dense: 10\n"

TOKENS = (
    "input: 77\nlayers:\n  - embedding: {vocabulary: 1000, size: 64}\n  - multi_head_attention: 4\n  - linear: 10\n"
)

SIGNAL = "input: 800x1\nlayers:\n  - conv: {filters: 4, kernel: 3}\n  - max_pool: 2\n"

VIDEO = "input: 8x16x16x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n  - max_pool: 2\n"

SEVERAL = """\
inputs: {image: 32x32x3, mask: 32x32x1, text: 64}
outputs: [features, classes, words]
layers:
  - concat: [image, mask]
  - conv: {filters: 8, kernel: 3, padding: 1}
    name: features
  - global_avg_pool
  - dense: 10
    name: classes
  - embedding: {vocabulary: 500, size: 32}
    from: text
  - multi_head_attention: 4
  - linear: 32
    name: words
"""

#: Names that mean something to a script, to an address or to the page itself, and markup wherever text is allowed.
HOSTILE = """\
name: "</script><script>alert(1)</script> \\"quoted\\" 'x' <!-- ]]> & &amp; ${x} `y`"
description: "<img src=x onerror=alert(1)> <style>*{display:none}</style>"
input: 8x8x3
blocks:
  Constructor:
    layers:
      - conv: {filters: 4, kernel: 3, padding: 1}
        name: __proto__
        note: "<b onclick=alert(1)>note</b> \\" ' </script>"
      - relu:
        name: toString
layers:
  - Constructor: {}
    name: constructor
    repeat: 3
  - conv: {filters: 4, kernel: 3, padding: 1}    # </script><script>alert(2)</script>
    name: data
  - relu:
    name: a/b:c
  - relu:
    name: שלום
  - dense: 4
    name: hasOwnProperty
"""

LONG = f"""\
name: {"n" * 10_000}
input: 8x8x3
layers:
  - conv: {{filters: 4, kernel: 3}}
    name: {"a" * 10_000}
  - relu:
    name: {"б" * 10_000}
"""

WRONG = "input: 32x32x3\nlayers:\n  - cnov: {filters: 8, kernel: 3}\n  - conv: {filters: 8, kernel: 50}\n"


def dense(count: int) -> str:
    """Dense wiring: each convolution reads all before it."""
    names, lines = ["input"], ["input: 16x16x8", "layers:"]
    for number in range(count):
        if number:
            lines.append(f"  - concat: [{', '.join(names)}]")
        lines += ["  - conv: {filters: 4, kernel: 3, padding: 1}", f"    name: c{number}"]
        names.append(f"c{number}")
    return "\n".join(lines) + "\n"


def flat(count: int) -> str:
    """A chain of unlike convolutions, none of which is in a block."""
    lines = "".join(f"  - conv: {{filters: {8 + number % 37}, kernel: 3, padding: 1}}\n" for number in range(count))
    return f"input: 32x32x3\nlayers:\n{lines}"


ALL = {
    "one": ONE,
    "vectors": VECTORS,
    "tokens": TOKENS,
    "signal": SIGNAL,
    "video": VIDEO,
    "several": SEVERAL,
    "hostile": HOSTILE,
    "long": LONG,
    "dense": dense(40),
    "flat": flat(200),
}
