"""How wide text is at most: a drawing has no font to ask. The widths are those of DejaVu Sans, wider than most."""

from __future__ import annotations

from analyzer.reporter.terminal import cells

#: Widths of letters in parts of the height of the font; any other letter of ASCII is `_USUAL`.
_WIDTHS = {
    **dict.fromkeys("ijl'|.,:;!I ", 0.4),
    **dict.fromkeys("ft()[]r-/", 0.46),
    **dict.fromkeys("mwMW@%", 1.0),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ×–+=&#", 0.84),
}
_USUAL = 0.65

#: A letter of a cell, beyond ASCII; one of two cells is as wide as high.
_CELL = 0.85, 1.05

#: Bold letters are so many times as wide.
_BOLD = 1.1


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line, rounded up rather than down."""
    units = sum(
        _WIDTHS.get(letter, _USUAL) if letter.isascii() or letter in _WIDTHS else _wide(letter) for letter in text
    )
    return units * size * (_BOLD if bold else 1)


def cut(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """As much of a line as fits, with `…` where it is cut."""
    if len(text) < 500 and width_of(text, size, bold=bold) <= width:
        return text
    room = width - width_of("…", size, bold=bold)
    kept = 0
    for letter in text:
        room -= width_of(letter, size, bold=bold)
        if room < 0:
            break
        kept += 1
    return f"{text[:kept].rstrip()}…"


def _wide(letter: str) -> float:
    return _CELL[cells(letter) > 1] if cells(letter) else 0.0
