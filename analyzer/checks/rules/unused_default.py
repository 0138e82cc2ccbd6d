"""Defaults of a layer type that the file does not have.

They look as if they set something, but no layer takes them. Mostly the type was replaced, or another one was meant:
`conv` and `depthwise_conv` each have their own defaults.

Fires:

    input: 32x32x16
    defaults:
      depthwise_conv: {padding: same, act: relu}
    layers:
      - conv: {filters: 32, kernel: 3}

Instead: defaults of a type that the file has, or none.

    input: 32x32x16
    defaults:
      conv: {padding: same, act: relu}
    layers:
      - conv: {filters: 32, kernel: 3}

Source: the language, "A file": `defaults`.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.declared_uses import Uses
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.diagnostics import nearest

CODE = "CHECK403"
NAME = "unused-default"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for the defaults of every type that no layer of the file has, kept by its `when` or not."""
    model = subject.model
    if model is None or not model.defaults:
        return
    types = Uses(model).types
    for kind, arguments in model.defaults.items():
        if kind in types:
            continue
        near = nearest(kind, sorted(types - model.defaults.keys()))
        yield Found(
            f"no layer of the file is a `{kind}`, so its defaults set nothing",
            model.places.get(("defaults", kind)),
            notes=[f"{', '.join(f'`{name}`' for name in arguments) or 'nothing'} under `defaults: {kind}`"],
            help=f"did you mean `{near}`?" if near else f"leave `{kind}` out of `defaults`",
        )
