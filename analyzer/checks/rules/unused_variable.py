"""A variable that nothing uses.

It looks like a setting of the network, but `--set` on it changes nothing. Mostly a number was written where the
variable was meant, or the layer that used it is gone.

Fires:

    input: 32x32x16
    vars: {width: 64, classes: 10}
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - global_avg_pool
      - dense: $classes

Instead: use it, or leave it out.

    input: 32x32x16
    vars: {width: 64, classes: 10}
    layers:
      - conv: {filters: $width, kernel: 3, padding: 1, act: relu}
      - global_avg_pool
      - dense: $classes

Source: the language, "A file": `vars`.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.declared_uses import Uses, names_in
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.layers.kinds import written
from analyzer.loader.expressions.expression import Expression

CODE = "CHECK401"
NAME = "unused-variable"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every variable that no expression reads, not counting those of unused variables."""
    model = subject.model
    if model is None or not model.vars:
        return
    used = Uses(model).variables
    read_by: dict[str, list[str]] = {}
    for reader, template in model.vars.items():
        for name in names_in(template.value):
            read_by.setdefault(name, []).append(reader)
    for name, template in model.vars.items():
        if name in used:
            continue
        value = template.value.text if isinstance(template.value, Expression) else written(template.value).strip("`")
        readers = " and ".join(f"`{reader}`" for reader in read_by.get(name, [])[:3])
        by = f"only {readers} in `vars` reads it, which nothing uses" if readers else ""
        yield Found(
            f"nothing uses the variable `{name}`",
            model.places.get(("vars", name)),
            notes=[by or f"`vars` has `{name}: {value}`, and no expression has `${name}`"],
            help=f"write `${name}` where its value is meant, or leave it out",
        )
