"""The progress of a sweep on stderr: a bar on a terminal, lines elsewhere, nothing where nobody wants it."""

from __future__ import annotations

import io
import sys

import pytest

from analyzer.cli import progress
from analyzer.cli.progress import Progress


class Stream(io.StringIO):
    """A stderr that may be a terminal."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self.terminal = terminal
        self.codec = encoding

    def isatty(self) -> bool:
        return self.terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a StringIO has none
        return self.codec


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress, "monotonic", found)
    return found


def stderr(
    monkeypatch: pytest.MonkeyPatch, width: int = 80, *, terminal: bool = True, encoding: str = "utf-8"
) -> Stream:
    stream = Stream(terminal=terminal, encoding=encoding)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    return stream


def screen(written: str) -> str:
    """What a terminal shows of a line that was written over and over."""
    line: list[str] = []
    at = 0
    for sign in written:
        if sign == "\r":
            at = 0
        else:
            line[at : at + 1] = [sign]
            at += 1
    return "".join(line).rstrip()


def test_a_bar_with_speed_time_left_and_the_best(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch, 100)
    with Progress(1000) as shown:
        clock.now += 2
        shown.show(250, "macs 4.09 G")  # 250 in 2 s; the other 750 take 6 s
        bar = "█" * 7 + "─" * 23  # a quarter of 30 cells
        assert screen(stream.getvalue()) == f"{bar} 250 of 1,000 variants · 125/s · 0:06 left · best: macs 4.09 G"
    assert screen(stream.getvalue()) == ""


def test_what_was_done_before_is_no_speed(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch)
    shown = Progress(1000, done=900)
    clock.now += 10
    shown.show(905)
    assert screen(stream.getvalue()).endswith("905 of 1,000 variants · 0.5/s · 3:10 left")


def test_the_speed_is_that_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch)
    shown = Progress(None)
    for second in range(1, 31):
        clock.now += 1
        shown.show(1000 * second if second <= 15 else 15_000 + 20 * (second - 15))
    assert screen(stream.getvalue()) == "15,300 variants · 20/s"


def test_a_shorter_line_leaves_nothing_of_a_longer_one(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch, 60)
    shown = Progress(None)
    for best in ("a long name of something good", "short"):
        clock.now += 1
        shown.show(0, best)
    assert screen(stream.getvalue()) == "0 variants · best: short"


def test_at_most_ten_bars_a_second(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch)
    shown = Progress(10_000)
    for done in range(1, 1001):
        clock.now += 0.01
        shown.show(done)
    assert 90 <= stream.getvalue().count("\r") <= 101


@pytest.mark.parametrize("width", [1, 5, 20, 30, 40, 60, 79, 200])
@pytest.mark.parametrize("best", ["", "width 64", "名前 " * 30])
def test_the_line_fits_into_the_terminal(monkeypatch: pytest.MonkeyPatch, clock: Clock, width: int, best: str) -> None:
    stream = stderr(monkeypatch, width)
    shown = Progress(10**6)
    clock.now += 1
    shown.show(123_456, best)
    line = screen(stream.getvalue())
    assert progress.cells(line) < width
    assert ("123,456 of 1,000,000 variants" in line) == (width >= 30)
    assert ("█" in line) == (width == 200 or (width == 79 and best != "width 64"))  # 8 cells are too few for a bar
    assert ("left" in line) == (width >= 60)


def test_the_signs_of_a_stream_that_has_few(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch, 70, encoding="ascii")
    shown = Progress(100)
    clock.now += 1
    shown.show(50, "größe")
    assert stream.getvalue().isascii()
    assert screen(stream.getvalue()) == "#####------ 50 of 100 variants | 50/s | 0:01 left | best: gr\\xf6\\xdfe"


def test_clear_makes_room_for_a_message_and_the_bar_comes_back(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch)
    shown = Progress(10)
    shown.show(1)
    shown.clear()
    assert screen(stream.getvalue()) == ""
    assert stream.getvalue().endswith("\r")
    written = len(stream.getvalue())
    shown.clear()
    assert len(stream.getvalue()) == written
    shown.show(2)  # at once
    assert "2 of 10 variants" in screen(stream.getvalue())


def test_a_line_every_ten_seconds_elsewhere(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch, 20, terminal=False)
    with Progress(4000) as shown:
        for second in range(35):
            clock.now += 1
            shown.show(100 * (second + 1), "params 3,860")
    assert stream.getvalue().splitlines() == [
        "analyzer: 1,000 of 4,000 variants, 100/s, 0:30 left, best: params 3,860",
        "analyzer: 2,000 of 4,000 variants, 100/s, 0:20 left, best: params 3,860",
        "analyzer: 3,000 of 4,000 variants, 100/s, 0:10 left, best: params 3,860",
    ]


def test_a_terminal_that_cannot_write_over_a_line(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    shown = Progress(10)
    clock.now += 11
    shown.show(5)
    assert stream.getvalue() == "analyzer: 5 of 10 variants, 0.5/s, 0:11 left\n"


def test_nothing_where_it_is_to_be_quiet_or_nobody_reads(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stream = stderr(monkeypatch)
    with Progress(10, quiet=True) as shown:
        clock.now += 20
        shown.show(5)
    assert stream.getvalue() == ""
    stream.close()
    with Progress(10) as shown:
        clock.now += 20
        shown.show(5)
