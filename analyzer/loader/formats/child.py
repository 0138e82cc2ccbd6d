"""The only module of the loader that starts a process: one that builds the network of a callable and hands it back.

The process runs `exporting.py` in a Python that the user names. It has one pipe for the request, which also tells it
that this process has ended, one for the answer, and one for what the user's code writes. It is the first of a group of
processes, and the group is killed in every case: after the answer, after the time is over, and after an interrupt.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from analyzer.loader.formats.call import Call
from analyzer.loader.text.files import FileError
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO, Any, BinaryIO

#: What the process runs. It travels into another Python by its path, and imports nothing of this package.
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exporting.py")

#: What an answer begins with: other lines are what a Python writes when it starts. The first one says that it runs.
MARK = b"analyzer:answer:"
_BEGUN = MARK + b"begun\n"

#: So many bytes of what the user's code writes are heard.
_HEARD = 1 << 16

#: The longest line of an answer, and the bytes that are copied at once.
_LINE, _PIECE = 1 << 22, 1 << 20

#: Seconds after which somebody is told what the command waits for; seconds for the last words of a killed process.
_PATIENCE, _LAST = 1.0, 2.0


class Ears(Record):
    """Who listens to the process: `hear` gets what its code writes, `waits` is called once if it takes long."""

    hear: Callable[[bytes], None]
    waits: Callable[[], None]


def export(
    call: Call, inputs: Sequence[tuple[str, Sequence[int]]], into: BinaryIO, *, python: str, seconds: int, ears: Ears
) -> Mapping[str, Any]:
    """What the process answers: the `kind` of a network, which is then in `into`, or an `error` with its facts.

    `inputs` are names and sizes, depth last; the name is empty for the first input. Beside the errors of `exporting.py`
    there are `started` (the Python cannot be started), `late` (it took longer than `seconds`) and `died` (it ended with
    `code` and without an answer). Raises `FileError` where `into` cannot be written.
    """
    request = {"target": call.target, "name": call.name, "arguments": call.arguments, "inputs": list(inputs)}
    child = _Child(into)
    with _interrupts(child):
        try:
            child.start(python, json.dumps(request).encode() + b"\n", ears.hear)
        except OSError as error:
            return {"error": "started", "text": error.strerror or str(error)}
        try:
            child.answered.join(_PATIENCE)
            if child.answered.is_alive():
                ears.waits()
                child.answered.join(max(seconds - _PATIENCE, 0.0))
            late = child.answered.is_alive()
        finally:
            child.end()
    if child.failed is not None:
        raise FileError(f"`{call.label}` cannot be written to a temporary file: {child.failed.strerror}")
    if late:
        return {"error": "late"}
    if not child.begun:
        return {"error": "started", "text": "it does not run a program of Python 3"}
    return child.answer or {"error": "died", "code": child.code}


class _Child:
    """The process and the two threads that read what it writes."""

    # By hand: the process and its threads appear when it starts.
    def __init__(self, into: BinaryIO) -> None:
        self.into = into
        self.begun = False
        self.answer: dict[str, Any] = {}
        self.failed: OSError | None = None
        self.code = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.answered = threading.Thread(target=self._read, daemon=True)
        self._listening = threading.Thread()

    def start(self, python: str, request: bytes, hear: Callable[[bytes], None]) -> None:
        """Starts the process and gives it the request."""
        pipes: dict[str, int] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        group = {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
        self.process = process = subprocess.Popen([python, PROGRAM], **pipes, **group)  # type: ignore[call-overload]  # of two systems
        self._listening = threading.Thread(target=_listen, args=(process.stderr, hear), daemon=True)
        self._listening.start()
        self.answered.start()
        with contextlib.suppress(OSError):  # it has ended, which is seen below
            process.stdin.write(request)
            process.stdin.flush()

    def _read(self) -> None:
        """Reads the answer, up to its last byte: a process of the user's code may keep the pipe open."""
        assert self.process is not None
        assert self.process.stdout is not None
        stream = self.process.stdout
        line = b""
        with contextlib.suppress(ValueError, OSError):  # the pipe was closed
            while not line.startswith(MARK) or line == _BEGUN:
                self.begun = self.begun or line == _BEGUN
                line = stream.readline(_LINE)
                if not line:
                    return
            answer = json.loads(line[len(MARK) :])
            left = answer.get("size", 0)
            while left:
                piece = stream.read(min(left, _PIECE))
                if not piece:
                    return
                left -= len(piece)
                self._keep(piece)
            self.answer = answer

    def _keep(self, piece: bytes) -> None:
        try:
            self.into.write(piece)
            self.into.flush()
        except OSError as error:
            self.failed = error

    def kill(self) -> None:
        """Kills the process and those that it has started."""
        process = self.process
        if process is None:
            return
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kills what is left of the group, and takes leave of the process."""
        process = self.process
        assert process is not None
        if not self.answered.is_alive() and not self.answer:  # it ends by itself: its code says why
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.code = process.wait(_LAST)
        self.kill()
        process.wait()
        self._listening.join(_LAST)
        self.answered.join(_LAST)
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]  # both are pipes


def _listen(stream: IO[bytes], hear: Callable[[bytes], None]) -> None:
    """Hands on what the user's code writes, up to a limit; reads the rest too, so that it never waits for us."""
    left = _HEARD
    with contextlib.suppress(ValueError, OSError):  # the pipe was closed
        while piece := os.read(stream.fileno(), _HEARD):
            last = 0 < left <= len(piece)
            try:
                if left:
                    hear(piece[:left])
                if last:
                    hear(f"\nanalyzer: more output of that process is not shown ({_HEARD >> 10} KiB are)\n".encode())
            except (ValueError, OSError):  # nobody can be told any more
                left = 0
            left = max(left - len(piece), 0)


@contextlib.contextmanager
def _interrupts(child: _Child) -> Iterator[None]:
    """Lets Ctrl-C kill the process first: it is in a group of its own, which the terminal does not interrupt."""

    def interrupted(*_: object) -> None:
        child.kill()
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before in (signal.SIG_IGN, None) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
