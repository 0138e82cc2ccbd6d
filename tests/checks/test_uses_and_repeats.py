"""What counts as a use of a variable, and that a cause with two consequences is reported once."""

from __future__ import annotations

import pytest
from test_checks import CHECKS, findings


@pytest.mark.parametrize(
    "use",
    [
        "    repeat: {c: [$width, 8]}\n",
        "    repeat: $width\n",
        "    when: $width > 2\n",
        "    first: {filters: $width}\n    repeat: 2\n",
    ],
)
def test_a_variable_that_only_a_repeat_or_a_condition_reads_is_used(use: str) -> None:
    text = f"input: 8x8x4\nvars: {{width: 4}}\nlayers:\n  - conv: {{filters: 4, kernel: 1}}\n{use}"
    assert findings(text, CHECKS["unused_variable"]) == []
    unused = text.replace("$width > 2", "true").replace("$width", "4")
    assert [finding.span.line for finding in findings(unused, CHECKS["unused_variable"]) if finding.span] == [2]


def test_a_dropout_before_two_norms_is_one_finding() -> None:
    text = """\
input: 8x8x4
layers:
  - conv: {filters: 8, kernel: 3}
  - dropout: 0.5
    name: drop
  - batch_norm: {}
    from: drop
    name: one
  - batch_norm: {}
    from: drop
    name: two
  - add: [one, two]
  - global_avg_pool
  - dense: 4
"""
    found = findings(text, CHECKS["dropout_before_norm"])
    assert len(found) == 1
