"""What the pictures of a sweep say in words: how many variants there are, what was asked, and what is not drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.reporter.sweep import words
from analyzer.reporter.sweep.plot import KINDS
from analyzer.source import shown
from analyzer.sweeping.find import nearest_miss
from analyzer.units import count, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.reporter.sweep.measures import Measure
    from analyzer.reporter.sweep.points import Points
    from analyzer.reporter.sweep.scale import Scale
    from analyzer.sweeping.result import Swept

#: The most characters of a message of a mistake.
_MESSAGE = 240

#: The most characters of a line below the title.
_LINE = 600


def headed(swept: Swept, points: Points) -> list[str]:
    """The lines below the title: the axes, how many variants there are and fit, and what was asked for."""
    counts = [plural(swept.counts.variants, "variant"), *words.counted(swept, points.broken)]
    lines = [" · ".join([swept.file, *words.axes(swept)]), " · ".join(counts), asked(swept)]
    return [shown(line, _LINE) for line in lines if line]


def asked(swept: Swept) -> str:
    """The limits, the goals of the front, and the settings of the run; empty where there are none."""
    parts = {
        "limits": ", ".join(words.limits(swept.limits)),
        "front": words.goals(swept).replace("`", ""),
        "run": swept.run,
    }
    return " · ".join(f"{name}: {said}" for name, said in parts.items() if said)


def legend(swept: Swept, points: Points) -> Iterator[tuple[str, str]]:
    """The kinds of points that there are, each with its words: how many, and how many of them are drawn."""
    every = dict(zip(("front", "fits", "breaks"), points.counts, strict=True))
    for kind in reversed(KINDS):
        if every[kind]:
            name = "fits, not on the front" if kind == "fits" and swept.front is not None else KINDS[kind]
            there = len(getattr(points, kind))
            yield kind, f"{name}: {count(every[kind])}" + (f" ({count(there)} drawn)" if there < every[kind] else "")


def notes(swept: Swept, points: Points) -> Iterator[str]:
    """What comes nearest to fitting where nothing fits, and which variants are not drawn, whatever the axes are."""
    nearest = nearest_miss(swept.rows(), swept.limits) if swept.limits and not swept.counts.fit else None
    if nearest is not None:
        yield f"Nothing fits. The nearest miss is {words.miss(nearest, swept)}."
    if points.left_out:
        whole = ", and the whole front" if len(points.front) == points.counts[0] > 0 else ""
        yield (
            f"{count(points.left_out)} of {plural(sum(points.counts), 'variant')} are not drawn: "
            f"the points are a random choice of each kind{whole}."
        )
    if points.wrong is not None and points.wrong.error is not None:
        number = plural(swept.counts.wrong, "variant")
        first = f"{words.choice(points.wrong, swept)}: {points.wrong.error.message}"
        yield shown(f"{number} {_is(swept.counts.wrong)} no network, and not drawn. The first: {first}", _MESSAGE)


def outside(points: Points, shown_on: Iterable[tuple[Measure, Scale]]) -> Iterator[str]:
    """What is not drawn with these axes: limits that are far away, and points without a number."""
    for measure, scale in shown_on:
        for line in measure.lines:
            if not scale.shows(line.value):
                yield f"The limit of {measure.title}, {line.words}, is outside of the picture."
        drawn = [*points.front, *points.fits, *points.breaks]
        without = sum(measure.number(variant) is None for variant in drawn)
        if without:
            yield f"{plural(without, 'point')} {_is(without)} not drawn: {_has(without)} no known {measure.title}."


def described(x: Measure, y: Measure, said: Iterable[str]) -> str:
    """What the picture shows, for those who do not see it."""
    return f"Each variant is a point, {x.title} from left to right and {y.title} from below. {' '.join(said)}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _has(number: int) -> str:
    return "it has" if number == 1 else "they have"
