"""The view that a reviewer asks first: what the network costs in both modes, and whether that is fine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.columns import COLUMNS
from analyzer.reporter.analysis.summary import about_layers, field_at_the_end, ratio, weights_said
from analyzer.reporter.modes import modes_of
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import named, with_code
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.page.verdicts import chips, modes_in_words, run_said
from analyzer.reporter.picture.scene import Scene
from analyzer.units import count, memory, plural, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.engine.memory.analysis import MemoryAnalysis
    from analyzer.engine.memory.arena.microcontroller import Microcontroller
    from analyzer.engine.result import Cost


def section(reviewed: Reviewed, scene: Scene | None, options: Options, heading: str = "h1") -> Iterator[str]:
    """The name of the network, its run, the verdicts, and its totals. `heading` is the element of the name."""
    analysis = reviewed.analysis
    yield '<section data-view="summary" aria-label="Summary">\n<div class="summary-head">\n<div class="summary-title">\n'
    yield f"<{heading}>{named(analysis.name)}</{heading}>\n"
    yield f'<p class="page-run">{" · ".join(map(named, run_said(reviewed)))}</p>\n</div>\n'
    yield from chips(reviewed, modes_of(options.mode, mixed=analysis.mixed))
    yield '</div>\n<dl class="summary-cards">\n'
    for card in _cards(reviewed, options):
        yield from card
    yield "</dl>\n"
    yield from _notes(reviewed)
    yield "</section>\n"


def _cards(reviewed: Reviewed, options: Options) -> Iterator[Iterator[str]]:
    """What is counted, each in the modes that are shown."""
    analysis = reviewed.analysis
    modes = modes_of(options.mode, mixed=analysis.mixed)
    yield _parameters(analysis, modes)
    yield _macs(analysis)
    if reviewed.memory is None:
        yield _activations(analysis)
    elif reviewed.memory.microcontroller is not None:
        yield from _on_microcontroller(reviewed.memory.microcontroller, modes)
    else:
        yield _training(reviewed.memory, modes)
        yield _inference(reviewed.memory, modes)
    if any(field_at_the_end(analysis)):
        yield _field(analysis)


def _card(label: str, values: Iterator[str]) -> Iterator[str]:
    yield f'<div class="summary-card"><dt>{escape(label)}</dt>\n'
    yield from values
    yield "</div>\n"


def _value(number: str, exact: str, mode: str = "", about: Sequence[str] = ()) -> str:
    """One value: the number for people, the exact one behind it, its mode, and words below."""
    title = f' title="{escape(exact)}"' if exact and exact != number else ""
    amount, _, unit = number.partition(" ")
    if amount and not amount[-1].isdigit():  # `≥ 3.86 K`, `unknown`
        amount, unit = number, ""
    big = f'<span class="summary-number"{title}>{escape(amount)}{f" <small>{escape(unit)}</small>" if unit else ""}</span>'
    of = f' <span class="summary-mode">{escape(modes_in_words(mode))}</span>' if mode else ""
    words = "".join(f'<span class="summary-about">{with_code(one)}</span>' for one in about if one)
    return f'<dd class="summary-{mode or "plain"}">{big}{of}{words}</dd>\n'


def _in_modes(modes: Sequence[str], texts: Callable[[str], tuple[str, str, Sequence[str]]]) -> Iterator[str]:
    """A value for each mode, or one for all where they are equal."""
    found = [texts(mode) for mode in modes]
    if len(modes) > 1 and all(one[:2] == found[0][:2] for one in found):
        number, exact, about = found[0]
        yield _value(number, exact, "all" if len(modes) > 2 else "both", about)
        return
    for mode, (number, exact, about) in zip(modes, found, strict=True):
        yield _value(number, exact, mode, about)


def _parameters(analysis: Analysis, modes: Sequence[str]) -> Iterator[str]:
    def texts(mode: str) -> tuple[str, str, Sequence[str]]:
        cost: Cost = getattr(analysis.totals, mode)
        exact = count(cost.parameters)
        times = ratio(analysis) if mode == "local" else ""
        frozen = f"{count(cost.trainable)} trained" if cost.trainable != cost.parameters else ""
        kept = memory(cost.bytes) + (" with buffers" if cost.buffers else "")
        about = [" · ".join(filter(None, (exact if short(cost.parameters) != exact else "", kept)))]
        return short(cost.parameters), exact, [*about, frozen, f"{times} as many" if times else ""]

    return _card("parameters", _in_modes(modes, texts))


def _macs(analysis: Analysis) -> Iterator[str]:
    macs = analysis.totals.macs
    about = [f"{count(macs)} per sample" if short(macs) != count(macs) else "per sample", f"{count(2 * macs)} FLOPs"]
    return _card("MACs", iter([_value(short(macs), count(macs), about=about)]))


def _activations(analysis: Analysis) -> Iterator[str]:
    peak = analysis.peak
    about = [f"at `{peak.name}`", "forward, layer by layer"] if peak.name else []
    return _card("peak activation", iter([_value(memory(peak.bytes), _bytes(peak.bytes), about=about)]))


def _bytes(size: int) -> str:
    return f"{count(size)} bytes"


def _training(report: MemoryAnalysis, modes: Sequence[str]) -> Iterator[str]:
    """The peak of training, of the fullest device where several train together."""
    run = report.run
    if not report.trains:
        reason = f"{run.dtype} is only for inference: nothing is trained in it"
        return _card("training peak", iter([_value("none", "", about=[reason])]))

    def texts(mode: str) -> tuple[str, str, Sequence[str]]:
        needed = report.needed(mode)
        if report.divided:
            rank = report.rank(mode)
            phase, layer = rank.phase, rank.layers[rank.phase]
        else:
            phase, layer = report.held(mode).peak.phase, report.held(mode).peak.layer
        return memory(needed), _bytes(needed), [f"{phase} at `{layer}`" if layer else phase]

    each = f", each of {plural(report.ranks, 'rank')}" if report.divided else ""
    return _card(f"training peak, batch {count(run.batch)}, {run.optimizer}{each}", _in_modes(modes, texts))


def _inference(report: MemoryAnalysis, modes: Sequence[str]) -> Iterator[str]:
    def texts(mode: str) -> tuple[str, str, Sequence[str]]:
        peak = report.held(mode).inference.peak
        return memory(peak.bytes), _bytes(peak.bytes), [f"at `{peak.layer}`" if peak.layer else ""]

    return _card(f"inference peak, batch {count(report.run.batch)}", _in_modes(modes, texts))


def _on_microcontroller(chip: Microcontroller, modes: Sequence[str]) -> Iterator[Iterator[str]]:
    """The arena in RAM and the weights in flash, each with its verdict."""

    def texts(mode: str) -> tuple[str, str, Sequence[str]]:
        size = chip.numbers(mode).bytes
        verdict = chip.flash_verdict if mode == chip.mode else None
        return memory(size), _bytes(size), [verdict or ""]

    size, peak = chip.plan.size, chip.peak
    at = f"at `{chip.layer_at(peak.step)}`" if peak is not None else ""
    yield _card("arena in RAM", iter([_value(memory(size), _bytes(size), about=[chip.ram_verdict or "", at])]))
    yield _card("weights in flash", _in_modes(modes, texts))


def _field(analysis: Analysis) -> Iterator[str]:
    """The receptive field of the last layer that does not see the whole input."""
    last, unknown, whole = field_at_the_end(analysis)
    about = [f"unknown from `{unknown.name}` on"] if unknown is not None else []
    if whole is not None:
        about.append(f"the whole input from `{whole.name}` on")
    number = "the input" if whole is not None else "unknown"
    if last is not None and last.receptive_field is not None:
        number = COLUMNS["receptive_field"].text(last)
        seen = last.receptive_field
        larger = any(cells > side for cells, side in zip(seen.size, seen.spatial, strict=True))
        about = [
            f"at `{last.name}`",
            f"more than the input of {'×'.join(map(str, seen.spatial))}" if larger else "",
            *about,
        ]
    return _card("receptive field", iter([_value(number, "", about=about)]))


def _notes(reviewed: Reviewed) -> Iterator[str]:
    """What the file says of the network, where it was read from, and which numbers are not calculated."""
    analysis = reviewed.analysis
    notes = [analysis.description or "", *about_layers(analysis)]
    if reviewed.reason:
        notes.append(f"no memory of a run is shown: {reviewed.reason}")
    if analysis.source is not None:
        from analyzer.loader.foreign.programs import read_from  # few networks are from another program

        notes.append(f"read from {', '.join(read_from(analysis.source))}")
    if analysis.weights_dtype is not None:
        notes.append(f"parameters are {weights_said(analysis)}")
    for note in filter(None, notes):
        yield f'<p class="page-note summary-said">{with_code(note)}</p>\n'
