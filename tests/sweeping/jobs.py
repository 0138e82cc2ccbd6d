"""Jobs of which every number is known: the amount of a variant is the square of its id. Some harm their worker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from analyzer.record import Record
from analyzer.sweeping.result import Variant


class Squares(Record):
    """Each variant takes `seconds` of a sleep; `marks` is a folder where what happens is written down."""

    key: str = "squares"
    seconds: float = 0.0
    marks: str = ""

    def set_of(self, id: int) -> dict[str, int]:
        return {"side": id}

    def evaluator(self) -> Squares:
        return self

    def of(self, id: int) -> Variant:
        time.sleep(self.seconds)
        return Variant(id, self.set_of(id), {"area": id * id})

    def mark(self, what: str) -> None:
        """Writes down that something has happened once more."""
        with (Path(self.marks) / what).open("a") as file:
            file.write("x")


def times(marks: Path, what: object) -> int:
    """How many times something has happened."""
    file = marks / str(what)
    return len(file.read_text()) if file.exists() else 0


class Deadly(Squares):
    """Kills its worker where it comes to one of the `deadly` variants, at most so many times."""

    deadly: tuple[int, ...] = ()
    at_most: int = 10**6

    def of(self, id: int) -> Variant:
        if id in self.deadly and times(Path(self.marks), id) < self.at_most:
            self.mark(str(id))
            if hasattr(signal, "SIGKILL"):
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(9)
        return super().of(id)


class Stillborn(Squares):
    """Kills its worker before it has calculated anything."""

    def evaluator(self) -> Squares:
        os._exit(9)


class Greedy(Squares):
    """Has too little memory for one of its variants, and says so."""

    greedy: int = 0

    def of(self, id: int) -> Variant:
        if id == self.greedy:
            raise MemoryError
        return super().of(id)


class Placed(Squares):
    """Says which process has calculated a variant."""

    def of(self, id: int) -> Variant:
        super().of(id)
        return Variant(id, self.set_of(id), {"area": id * id, "process": os.getpid()})
