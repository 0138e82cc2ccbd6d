"""The progress of a long command, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
from collections import deque
from time import monotonic

from analyzer.cli.output import encodes
from analyzer.reporter.terminal import cells, fitted, width_of
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

#: Seconds from one bar to the next, and from one line to the next where there is no terminal.
_BAR, _LINE = 0.1, 10.0

#: The speed is measured over so many seconds.
_RECENT = 10.0

#: The cells of the longest and of the shortest bar.
_LONGEST, _SHORTEST = 30, 10

#: The cells of a terminal that does not say how many it has.
_WIDTH = 80


class Progress:
    """Shows how much is done, how fast, the time that is left, and the best so far.

    total    how many there are; None where nobody knows
    done     how many of them were done before
    quiet    shows nothing

    >>> with Progress(1000, quiet=True) as progress:
    ...     progress.show(10, "macs 4.09 G")
    """

    # By hand: it remembers what it has shown.
    def __init__(self, total: int | None, *, done: int = 0, quiet: bool = False) -> None:
        self._total = total
        self._on = not quiet
        self._bar = self._on and _is_terminal()
        self._unicode = self._on and encodes(sys.stderr)
        self._shown = 0  # the cells of the bar on the terminal
        self._next = monotonic() + (0 if self._bar else _LINE)
        #: How many were done at some moments of the last seconds, the oldest first.
        self._recent = deque([(monotonic(), done)])

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

    def show(self, done: int, best: str = "") -> None:
        """Shows how many are done, but not more often than a person can read; `best` is the best so far."""
        if not self._on:
            return
        now = monotonic()
        self._recent.append((now, done))
        while now - self._recent[0][0] > _RECENT and len(self._recent) > 2:
            self._recent.popleft()
        if now < self._next:
            return
        self._next = now + (_BAR if self._bar else _LINE)
        parts = list(self._parts(done, best))
        if not self._bar:
            self._write(f"analyzer: {fitted(', '.join(parts), self._unicode)}\n")
            return
        line = self._line(done, parts, (_width() or _WIDTH) - 1)  # a full line would begin the next one
        used = cells(line)
        self._write(f"\r{line}{' ' * (self._shown - used)}")
        self._shown = used

    def clear(self) -> None:
        """Takes the bar away, so that something else can be written; the next one comes at once."""
        if self._shown:
            self._write(f"\r{' ' * self._shown}\r")
            self._shown, self._next = 0, 0.0

    def _parts(self, done: int, best: str) -> Iterator[str]:
        """What is said, the most important first."""
        yield f"{count(done)} variants" if self._total is None else f"{count(done)} of {count(self._total)} variants"
        (since, before), (now, _) = self._recent[0], self._recent[-1]
        speed = (done - before) / (now - since) if now > since else 0.0
        if speed:
            yield f"{count(round(speed))}/s" if speed >= 10 else f"{speed:.1f}/s"
            if self._total is not None:
                yield f"{_clock((self._total - done) / speed)} left"
        if best:
            yield f"best: {best}"

    def _line(self, done: int, parts: Sequence[str], width: int) -> str:
        """A bar and what is said, in so many cells at most: the bar becomes shorter before the text does."""
        text = fitted(" · ".join(parts), self._unicode)
        while len(parts) > 1 and cells(text) > width:
            parts = parts[:-1]
            text = fitted(" · ".join(parts), self._unicode)
        room = min(_LONGEST, width - cells(text) - 1)
        if self._total and room >= _SHORTEST:
            full = room * min(done, self._total) // self._total
            return f"{fitted('█' * full + '─' * (room - full), self._unicode)} {text}"
        return text if cells(text) <= width else ""

    def _write(self, text: str) -> None:
        encoding = sys.stderr.encoding or "ascii"
        try:
            sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()
        except (OSError, ValueError):  # nobody reads it any more
            self._on, self._shown = False, 0


def _is_terminal() -> bool:
    """Whether stderr is a terminal on which a line can be written again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _width() -> int | None:
    try:
        return width_of(sys.stderr.fileno())
    except (OSError, ValueError):  # a stream of a test, without a number
        return width_of(-1)


def _clock(seconds: float) -> str:
    """A time in hours, minutes and seconds.

    >>> _clock(59.2), _clock(61), _clock(7325)
    ('1:00', '1:01', '2:02:05')
    """
    minutes, rest = divmod(-int(-seconds // 1), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
