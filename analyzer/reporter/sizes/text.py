"""The answer about sizes for people: first what is accepted, a line for each axis, then what to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.diagnostics import listed as quoted
from analyzer.engine.sizing.result import Accepted, Reached, Sizes
from analyzer.reporter.drawing import labelled
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.sizes.words import listed, rule, tried_in_words
from analyzer.reporter.terminal import joined, styled

#: A line: its label and its parts.
Line = tuple[str, list[str]]

_EXACT = "no pixel unread, nothing cropped"


def render(reports: Sequence[Sizes | Failed], options: Options) -> Iterator[str]:
    """The answers, one after the other."""
    for sizes in reports:
        if isinstance(sizes, Sizes):
            yield styled(_title(sizes, options), "bold", options.color) + "\n\n"
            lines = [*_answers(sizes), *_reached(sizes)]
            yield from labelled([*lines, *_details(sizes)], options)


def _title(sizes: Sizes, options: Options) -> str:
    parts = [sizes.name, f"{sizes.input} {sizes.volume.pretty()}"]
    return joined([options.fit(part) for part in parts], options.fit(" · "), options.width, "  ")


def _answers(sizes: Sizes) -> Iterator[Line]:
    """The accepted sizes: a line for each axis, and one for axes together."""
    said: list[str] = []
    for one in sizes.answers:
        text = "; ".join(_accepted(one, sizes))
        yield " = ".join(one.axes), ["the same" if text in said[:1] else text]
        said.append(text)


def _accepted(one: Accepted, sizes: Sizes) -> Iterator[str]:
    """What is accepted on an axis, and what is nearest."""
    yield rule(one.accepted, one.tried) if one.accepted else f"no size of {tried_in_words(one.tried)}"
    moved = {name: size for name, size in one.others.items() if _own(sizes, name) != size}
    if moved:
        yield "with " + " and ".join(f"a {name} of {size:,}" for name, size in moved.items())
    if one.accepted:
        yield _near(one, one.accepted, "fits")


def _own(sizes: Sizes, name: str) -> int:
    return sizes.volume.spatial[sizes.volume.axes.index(name)]


def _near(one: Accepted, among: Sequence[int], fits: str) -> str:
    """What is nearest to the size that is asked about, among some sizes."""
    near = one.nearest_of(among)
    others = [size for size in near if abs(size - one.near) > 1]
    if one.near in near:
        return f"{one.near:,} {fits}" + (f", then {' and '.join(map('{:,}'.format, others))}" if others else "")
    return f"nearest to {one.near:,}: {', '.join(map('{:,}'.format, near))}"


def _reached(sizes: Sizes) -> Iterator[Line]:
    """The inputs for a wanted output."""
    reached = sizes.reached
    if reached is None:
        return
    yield f"for {reached.wanted}", list(_inputs(reached))


def _inputs(reached: Reached) -> Iterator[str]:
    if not reached.volumes:
        yield f"no input that was tried gives `{reached.name}` this size"
        for volume, output in reached.around:
            yield f"an input of {volume.pretty()} gives {output.pretty()}"
        return
    best = (reached.exact or reached.read or reached.volumes)[-1]
    why = _EXACT if reached.exact else "no pixel unread" if reached.read else ""
    yield f"an input of {best.pretty()}" + (f": {why}" if why else "")
    others = [volume.pretty() for volume in reached.volumes if volume != best]
    if others:
        yield f"also {', '.join(others)}"
    yield ", ".join(f"{' = '.join(axes)} {listed(own)}" for axes, own in reached.sizes.items())
    yield f"the output is `{reached.name}`"


def _details(sizes: Sizes) -> Iterator[Line]:
    """What is lost, the nearest inputs, and which sizes the answer is about."""
    if any(one.accepted for one in sizes.answers):
        yield "exact", [*_by_axes(sizes, _exact), *([_EXACT] if any(one.exact for one in sizes.answers) else [])]
    spatial = tuple(one.near for one in sizes.axes.values())
    if sizes.nearest and spatial not in [volume.spatial for volume in sizes.nearest]:
        yield "nearest", [f"an input of {' or '.join(volume.pretty() for volume in sizes.nearest)}"]
    if sizes.alone is not None:
        change = "changes" if len(sizes.beside) == 1 else "change"
        (axis,), alone = sizes.alone.axes, listed(sizes.alone.accepted) or "no size"
        said = f"{quoted(sizes.beside, last='and')} {change} with `{sizes.input}`"
        yield "inputs", [f"{said}, which alone is accepted at a {axis} of {alone}"]
    yield "tried", [*_by_axes(sizes, _tried), *_beside_them(sizes)]


def _by_axes(sizes: Sizes, say: Callable[[Accepted], str]) -> Iterator[str]:
    """What is said of each axis, and of axes together: once for all of which it is the same."""
    said: dict[str, list[str]] = {}
    for one in sizes.answers:
        said.setdefault(say(one), []).append(" = ".join(one.axes))
    for text, axes in said.items():
        yield text if len(said) == 1 else f"{', '.join(axes)}: {text}"


def _exact(one: Accepted) -> str:
    """The sizes at which nothing is lost."""
    if one.exact:
        if one.exact == one.accepted:
            return "all of these"
        near = f"; {_near(one, one.exact, 'is one')}" if len(one.exact) > 1 else ""
        return f"{rule(one.exact, one.tried)}{near}"
    if one.read:
        return f"none, since merges crop at every size; no pixel unread at {rule(one.read, one.tried)}"
    return "none, since windows leave pixels unread at every size" if one.accepted else "none"


def _tried(one: Accepted) -> str:
    return tried_in_words(one.tried)


def _beside_them(sizes: Sizes) -> Iterator[str]:
    """What else to know about the trials."""
    if len(sizes.axes) > 1:
        yield "one axis at a time, the others as in the file"
    reached = sizes.reached
    if reached is not None:
        more = {
            axes: own for axes, own in reached.tried.items() if list(own) not in [one.tried for one in sizes.answers]
        }
        yield from (f"for {reached.wanted}: {' = '.join(axes)} {tried_in_words(own)}" for axes, own in more.items())
    if sizes.ended:
        yield "no more, since the network has many layers; `--range` asks for others"
    yield "nothing is known of other sizes"
