"""What a page has beside the rows of a comparison: changed lines of the files, keys, names and findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.difference.keys import KeyChange
from analyzer.difference.result import Difference, LabelledReport, OneSided
from analyzer.reporter.difference.entries import renamed, renumbered
from analyzer.reporter.difference.judged import Judged, was_checked
from analyzer.reporter.difference.keys import NAMED, not_compared, sign_of, value_text, where
from analyzer.reporter.difference.sources import Line, changed_lines, text_of
from analyzer.reporter.page.document import card, named, text, with_code
from analyzer.units import count, plural

#: The lines, keys, names and findings of each kind that are listed, and the most characters of a line.
_MOST_LINES = 3000
_MOST = 300
_WIDE = 600
#: Findings that are still there, and are not folded away.
_OPEN = 5

_WORDS = {"+": "added", "−": "removed", "~": "changed"}


def source(difference: Difference | OneSided) -> Iterator[str]:
    """The lines of the files that differ; a sentence where there are no texts to compare."""
    texts = [text_of(side) for side in (difference.old, difference.new) if side is not None]
    if isinstance(difference, OneSided):
        return
    old, new = texts
    if old is None or new is None:
        yield from card("source", "Source", [f'<p class="page-note">{text(_no_text(difference))}</p>\n'])
        return
    stretches = changed_lines(old, new)
    if not stretches:
        yield from card("source", "Source", ['<p class="page-note">The files have the same lines.</p>\n'])
        return
    yield from card("source", "Source", _lines(stretches), '<p class="page-note">the lines that differ</p>')


def _no_text(difference: Difference) -> str:
    """Why no lines are compared."""
    sides = [side for side in (difference.old, difference.new) if text_of(side) is None]
    said = [f"{side.label} is a saved report" if side.saved else f"{side.label} is not a text" for side in sides]
    return f"Lines of the files are not compared: {' and '.join(said)}."


def _lines(stretches: Sequence[Sequence[Line]]) -> Iterator[str]:
    yield (
        '<div class="difference-scroll" tabindex="0" role="group" aria-label="Lines that differ">'
        '<table class="difference-source"><thead class="dx-hidden"><tr><th scope="col">old line</th>'
        '<th scope="col">new line</th><th scope="col">sign</th><th scope="col">text</th></tr></thead>\n'
    )
    left = _MOST_LINES
    for stretch in stretches:
        yield "<tbody>\n"
        for line in stretch[:left]:
            yield _line(line)
        yield "</tbody>\n"
        left -= min(left, len(stretch))
    yield "</table></div>\n"
    more = sum(map(len, stretches)) - _MOST_LINES
    if more > 0:
        yield f'<p class="page-note">{plural(more, "more line")} not shown.</p>\n'


def _line(line: Line) -> str:
    kind = {"+": ' class="difference-plus"', "−": ' class="difference-minus"'}.get(line.sign, "")
    written = line.text
    if line.start < line.stop and len(written) <= _WIDE:
        parts = written[: line.start], written[line.start : line.stop], written[line.stop :]
        said = f"{_code(parts[0])}<mark>{_code(parts[1])}</mark>{_code(parts[2])}"
    elif len(written) > _WIDE:
        said = f'{_code(written[:_WIDE])}<span title="the line has {count(len(written))} characters">…</span>'
    else:
        said = _code(written)
    old, new = ("" if number is None else str(number) for number in (line.old, line.new))
    return f"<tr{kind}><td>{old}</td><td>{new}</td><td>{line.sign}</td><td><code>{said}</code></td></tr>\n"


def _code(written: str) -> str:
    """A part of a line; a tab is as wide as some blanks."""
    return text(written.replace("\t", "    "))


def keys(difference: Difference | OneSided) -> Iterator[str]:
    """The keys of the files that mean something else now."""
    if isinstance(difference, OneSided):
        return
    why = not_compared(difference)
    if why:
        yield from card("keys", "Keys", [f'<p class="page-note">{text(why[:1].upper() + why[1:])}.</p>\n'])
    if not difference.keys:
        return
    items = [_key(change) for change in difference.keys[:_MOST]]
    yield from card("keys", "Keys", _list(items, len(difference.keys) - _MOST, "more key"), _note("of the files"))


def _key(change: KeyChange) -> str:
    values = [value_text(value) for value in (change.old, change.new) if value is not None]
    layers = change.layers or ()
    place = ", ".join(map(named, layers)) if len(layers) <= NAMED else where(change)
    concerned = f' <span class="page-note">in {place}</span>' if place else ""
    sign = sign_of(change)
    return (
        f'<b class="dx-sign">{sign}<i> {_WORDS[sign]}: </i></b><span><b>{named(change.key)}</b> '
        f"<code>{' → '.join(map(text, values))}</code>{concerned}</span>"
    )


def names(difference: Difference | OneSided) -> Iterator[str]:
    """The names that changed."""
    if isinstance(difference, OneSided) or not difference.renames:
        return
    found = renamed(difference.renames)
    items = [
        f"<span><b>{named(old) or 'the top'}</b> → <b>{named(new) or 'the top'}</b> "
        f'<span class="page-note">{plural(layers, "layer")}</span></span>'
        for old, new, layers in found[:_MOST]
    ]
    content = [*_list(items, len(found) - _MOST, "more name")]
    numbers = renumbered(difference.renames)
    if numbers:
        content.append(
            f'<p class="page-note">{plural(numbers, "layer")} of which only a number in the name changed.</p>\n'
        )
    yield from card("names", "Names", content, _note("that changed"))


def findings(difference: Difference | OneSided, found: Judged) -> Iterator[str]:
    """What the checks find now, and what they found before."""
    sides = [side for side in (difference.old, difference.new) if side is not None]
    unchecked = [side for side in sides if not was_checked(side)]
    content = [f'<p class="page-note">{text(_not_checked(unchecked))}</p>\n'] if unchecked else []
    if len(unchecked) < len(sides):
        content += _findings(difference, found)
    return card("findings", "Findings", content, _note("before and after"))


def _findings(difference: Difference | OneSided, found: Judged) -> Iterator[str]:
    both = all(map(was_checked, (difference.old, difference.new)))
    groups = [
        ("new", "+", found.new), ("gone", "−", found.gone), ("still there", "", found.still),
    ] if both else [("found", "", [*found.new, *found.gone])]  # fmt: skip
    for word, sign, some in groups:
        if some:
            folds = word == "still there" and len(some) > _OPEN
            head = f"{count(len(some))} {word}"
            if folds:
                yield f'<details class="difference-still"><summary>{head}</summary>\n'
            else:
                yield f'<h3 class="difference-word">{head}</h3>\n'
            yield from _list([_finding(one, sign, word) for one in some[:_MOST]], len(some) - _MOST, "more finding")
            yield "</details>\n" if folds else ""
    if not any(some for _, _, some in groups):
        yield '<p class="page-note">The checks find nothing.</p>\n'


def _not_checked(sides: Sequence[LabelledReport]) -> str:
    """Why there are no findings of some sides."""
    if len(sides) == 2 and all(side.saved for side in sides):
        return "Both sides are saved reports, which have no model to check."
    said = [
        f"{side.label} is a saved report, which has no model to check."
        if side.saved
        else f"{side.label} was not checked."
        for side in sides
    ]
    return " ".join(said)


def _finding(finding: Diagnostic, sign: str, word: str) -> str:
    place = f" · {named(finding.span.said)}" if finding.span is not None else ""
    fix = f'<br><span class="page-note">{with_code(finding.help)}</span>' if finding.help else ""
    mark = f'<b class="dx-sign">{sign}<i> {word}: </i></b>' if sign else ""
    return (
        f'{mark}<span><span class="difference-is-{finding.severity}">{finding.severity}</span> '
        f'<span class="page-note">{text(finding.code)}{place}</span><br>{with_code(finding.message)}{fix}</span>'
    )


def _note(said: str) -> str:
    return f'<p class="page-note">{said}</p>'


def _list(items: Sequence[str], more: int, what: str) -> Iterator[str]:
    """A list, and how many more there are."""
    if items:
        yield '<ul class="difference-list">\n' + "".join(f"<li>{item}</li>\n" for item in items) + "</ul>\n"
    if more > 0:
        yield f'<p class="page-note">{plural(more, what)} not listed.</p>\n'
