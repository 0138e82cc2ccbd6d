"""A callable in place of a file: which words mean one, and what the process that runs it may do.

The process is a true one. Its torch is a folder of a few lines, which is enough to see how the two processes treat each
other; `tests/peers/test_torch_callables.py` has the real one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import COMMAND, environment, heeds_interrupts, run

from analyzer.cli.callables import call_of

#: A torch whose modules have nothing in them and whose `export` calls `forward`.
TORCH = {
    "torch/__init__.py": """
from contextlib import nullcontext
from . import export, nn
float32, int64, __version__ = "torch.float32", "torch.int64", "0"
def device(name): return nullcontext()
def get_default_dtype(): return float32
class Tensor:
    def __init__(self, shape, dtype): self.shape, self.dtype = shape, dtype
    def to(self, device): return self
def zeros(shape, dtype=float32, device=None): return Tensor(shape, dtype)
""",
    "torch/nn.py": """
class parameter:
    is_lazy = None
class Module:
    def parameters(self): return []
    def buffers(self): return []
    def to(self, device): return self
    def eval(self): return self
class Parameter: pass
""",
    "torch/export.py": """
class ExportedProgram:
    state_dict = {}
def export(module, args, kwargs, strict):
    assert strict is False
    module.forward(*args, **kwargs)
    program = ExportedProgram()
    program.said = "; ".join(f"{'x'.join(map(str, one.shape))} {one.dtype}" for one in (*args, *kwargs.values()))
    return program
def save(program, buffer):
    buffer.write(program.said.encode())
""",
}

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, width=4, *, depth=2): pass
    def forward(self, x): pass
class Tokens(nn.Module):
    def forward(self, ids, mask): embedding(ids)
class Wide(nn.Module):
    def __init__(self, width): pass
def embedding(ids):
    if "int" not in ids.dtype: raise RuntimeError("whole numbers are needed")
def broken():
    raise ValueError("no such width\\nmore")
def leaves():
    raise SystemExit(3)
class Mute(Exception):
    def __str__(self): raise ValueError
def mute():
    raise Mute
def pair():
    return Net(), (torch.zeros((1, 3, 8, 8)),)
def number():
    return 3
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `net.py`, which is the current one, and a torch of ours on the path."""
    for name, text in TORCH.items():
        path = tmp_path / "path" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    here = tmp_path / "here"
    here.mkdir()
    (here / "net.py").write_text(NET)
    monkeypatch.chdir(here)
    return here


def called(place: Path, *arguments: str, **changes: str | None) -> Any:
    """The command, finished, with our torch."""
    path = os.pathsep.join([str(place.parent / "path"), str(Path(__file__).parents[2])])
    return run(*arguments, cwd=place, PYTHONPATH=path, **changes)


@pytest.mark.parametrize(
    ("word", "target", "name", "arguments"),
    [
        ("pkg.module:Net", "pkg.module", "Net", ""),
        ("net.py:Net", "net.py", "Net", ""),
        ("C:\\net.py:Net", "C:\\net.py", "Net", ""),
        ("C:\\my nets\\net.py:Net(2)", "C:\\my nets\\net.py", "Net", "2"),
        ("m:Net(width=2)", "m", "Net", "width=2"),
        ("m:Net( 'C:\\\\a.yaml', b='(:' )", "m", "Net", "'C:\\\\a.yaml', b='(:'"),
        (
            "ultralytics.nn.tasks:DetectionModel('my net.yaml')",
            "ultralytics.nn.tasks",
            "DetectionModel",
            "'my net.yaml'",
        ),
        ("a/net.py:make.small", "a/net.py", "make.small", ""),
        ("a(1)/net.py:Net", "a(1)/net.py", "Net", ""),
    ],
)
def test_words_that_mean_a_callable(word: str, target: str, name: str, arguments: str) -> None:
    call = call_of(word)
    assert call is not None
    assert (call.label, call.target, call.name, call.arguments) == (word, target, name, arguments)


@pytest.mark.parametrize(
    "word",
    [
        "net.py", "net.yaml", "-", "git:main", "git:main:net.py:Net", "main:net.yaml", "HEAD~1:models/net.yaml",
        "main:models/net.py", "C:\\net.yaml", "https://example.com:80", "https://example.com/net.py", "a:3", "net.py:",
        ":Net", "a b:Net", "net.py:Net(", "net.py:a-b", "net.py:Net()x", "layer1:2",
    ],
)  # fmt: skip
def test_words_that_do_not(word: str) -> None:
    assert call_of(word) is None


def test_a_file_of_that_name_is_a_file(place: Path) -> None:
    """A tool passes the names of a repository's files, which others choose: nothing in them is run."""
    (place / "net.py:broken").write_text("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}]\n")
    done = called(place, "net.py:broken", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, b"")


FAULTS = [
    ("nte.py:Net", 2, "file `nte.py` does not exist; did you mean `net.py:Net`?"),
    ("nte:Net", 2, "finds no module `nte` for `nte:Net`; did you mean `net:Net`?"),
    ("net.py:Nte", 2, "`net.py` has no callable `Nte`; did you mean `Net`?"),
    ("net.py:Wide", 2, "`Wide` needs `width`: write `net.py:Wide(width=…)`"),
    ("net.py:Net(wdth=2)", 2, "`Net` takes no argument `wdth`; did you mean `width`?"),
    ("net.py:Net(1, 2)", 2, "`Net` does not take these arguments"),
    ("net.py:Net(width=x)", 2, "the arguments in `net.py:Net(width=x)` must be literals"),
    ("net.py:Net(**{'a': 1})", 2, "must be literals"),
    ("net.py:Net(1)(2)", 2, "must be literals"),
    ("net.py:Net({[]: 1})", 2, "must be literals"),
    ("net.py:Net.small(1)", 2, "`net.py` has no callable `small`; it has "),
    ("net.py:Net(2,", 2, "a callable in it is written `net.py:NAME`, with arguments `net.py:NAME(width=2)`"),
    ("net.py:", 2, "a callable in it is written `net.py:NAME`, with arguments `net.py:NAME(width=2)`"),
    ("net.py:mute", 1, "error[RUN101]: `mute` cannot be built: Mute"),
    ("net.py:Net", 2, "the size of the input of `net.py:Net` is needed, depth last: `--input 224x224x3`"),
    ("net.py:Tokens", 2, "`--input ids=VOLUME --input mask=VOLUME`"),
    ("net.py:broken", 1, "error[RUN101]: `broken` cannot be built: ValueError: no such width"),
    ("net.py:leaves", 1, "error[RUN101]: `sys.exit(3)` ended the code of `net.py:leaves`"),
    ("net.py:number", 1, "error[RUN102]: `number` returned an `int`: a module of torch"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "code", "message"), FAULTS, ids=[word for word, *_ in FAULTS])
def test_what_is_wrong_is_said_in_one_finding(word: str, code: int, message: str, place: Path) -> None:
    done = called(place, word)
    assert message in done.stderr.decode()
    assert done.returncode == code
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_an_error_is_shown_at_the_line_of_the_user(place: Path) -> None:
    line = NET.split("\n").index('    raise ValueError("no such width\\nmore")'.replace("\\\\", "\\")) + 1
    said = called(place, "net.py:broken").stderr.decode()
    assert f"net.py:{line}:5" in said
    assert f"{line} │     raise ValueError" in said


def test_a_path_without_its_ending(place: Path) -> None:
    (place / "nets").mkdir()
    (place / "nets" / "net.py").write_text(NET)
    said = called(place, "nets/net:Net").stderr.decode()
    assert said == "analyzer: file `nets/net:Net` does not exist; did you mean `nets/net.py:Net`?\n"


def test_a_mistake_in_python_is_shown_at_its_line(place: Path) -> None:
    (place / "wrong.py").write_text("import torch\nclass Net(:\n")
    done = called(place, "wrong.py:Net")
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "error[RUN101]: `wrong.py` cannot be imported: SyntaxError: invalid syntax\n" in said
    assert "wrong.py:2:1" in said


def test_a_library_that_is_not_installed(place: Path) -> None:
    (place / "needs.py").write_text("import torch\nimport no_such_library.models\n")
    done = called(place, "needs.py:Net", "--quiet")
    assert done.stderr.decode() == (
        f"analyzer: `needs.py:2` imports `no_such_library`, which is not installed in {sys.executable}; `--python PATH` "
        "names another Python\n"
    )
    assert done.returncode == 2


def test_a_file_of_a_package_imports_its_neighbours(place: Path) -> None:
    package = place / "deep" / "pkg"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "net.py").write_text("from .blocks import broken\nimport neighbour\n")
    (package / "blocks.py").write_text("def broken():\n    raise ValueError('of a block')\n")
    (place / "neighbour.py").write_text("")
    said = called(place, "deep/pkg/net.py:broken").stderr.decode()
    assert "`broken` cannot be built: ValueError: of a block" in said
    assert "deep/pkg/blocks.py:2:5" in said


def test_a_module_that_has_the_name_of_one_of_python_s(place: Path) -> None:
    (place / "faulthandler.py").write_text(NET)
    said = called(place, "faulthandler:Net", "--quiet").stderr.decode()
    assert said == "analyzer: `faulthandler` has no callable `Net`; did you mean `faulthandler.py:Net`?\n"
    assert "is needed, depth last" in called(place, "faulthandler.py:Net").stderr.decode()


def test_no_torch(place: Path) -> None:
    done = run("net.py:Net", "--quiet", cwd=place, PYTHONPATH=str(Path(__file__).parents[2]))
    said = done.stderr.decode()
    if "is needed" in said:
        pytest.skip("this Python has torch")
    assert said == (
        f"analyzer: torch is not installed in {sys.executable}, which runs `net.py:Net`; `--python PATH` names a Python "
        "that has it\n"
    )
    assert done.returncode == 2


def test_a_python_that_does_not_exist(place: Path) -> None:
    done = called(place, "net.py:Net", "--python", "/nowhere/python")
    assert done.stderr.decode() == "analyzer: `--python /nowhere/python` cannot be started: No such file or directory\n"
    assert done.returncode == 2


def test_a_python_that_is_none(place: Path) -> None:
    said = called(place, "net.py:Net", "--quiet", "--python", "/bin/true").stderr.decode()
    assert said == "analyzer: `--python /bin/true` cannot be started: it does not run a program of Python 3\n"


def test_what_the_code_writes_goes_to_stderr_up_to_a_limit(place: Path) -> None:
    (place / "loud.py").write_text("import os\nwhile True: os.write(1, b'noise' * 10_000)\n")
    done = called(place, "loud.py:Net", "--timeout", "2")
    assert done.stdout == b""
    assert len(done.stderr) < 70_000
    assert b"more output of that process is not shown" in done.stderr
    assert done.stderr.endswith(b"`loud.py:Net` was not exported within 2 s; `--timeout 8` waits longer\n")
    assert done.returncode == 2


def test_what_the_code_writes_is_shown_line_by_line(place: Path) -> None:
    (place / "colored.py").write_text(
        "import sys, time\n"
        "sys.stdout.buffer.write(b'\\x1b[31mred\\x1b[0m \\xe2\\x82'); sys.stdout.flush(); time.sleep(0.2)\n"
        "sys.stdout.buffer.write(b'\\xac 10%\\r20%\\x07'); sys.stdout.flush()\n"
    )
    said = called(place, "colored.py:Net").stderr.decode()
    assert "red € 10%\n20%\\x07\nanalyzer: `colored.py` has no callable `Net`" in said


def test_a_closed_stderr_does_not_stop_the_process(place: Path) -> None:
    (place / "loud.py").write_text("print('noise' * 100_000)\nfrom net import pair\n")
    command = [*COMMAND, "loud.py:pair", "--timeout", "20", "--format", "json"]
    path = os.pathsep.join([str(place.parent / "path"), str(Path(__file__).parents[2])])
    shell = ["bash", "-c", '"$@" 2>&-', "-", *command]
    done = subprocess.run(shell, cwd=place, env=environment(PYTHONPATH=path), stdout=subprocess.PIPE, text=True)
    assert "File is not a zip file" in done.stdout  # what our torch hands back has arrived


def test_an_old_torch(place: Path) -> None:
    export = place.parent / "path" / "torch" / "export.py"
    export.write_text(export.read_text().replace("kwargs, strict", "kwargs"))
    said = called(place, "net.py:pair", "--quiet").stderr.decode()
    assert said == f"analyzer: torch 0 in {sys.executable} has no `torch.export`; torch 2.2 or later is needed\n"


def test_a_quiet_command_shows_what_the_code_writes_only_where_it_fails(place: Path) -> None:
    (place / "loud.py").write_text("print('noise')\nfrom net import pair, broken\n")
    assert b"noise" in called(place, "loud.py:pair").stderr
    assert b"noise" not in called(place, "loud.py:pair", "--quiet").stderr
    said = called(place, "loud.py:broken", "--quiet").stderr
    assert said.startswith(b"noise\nerror[RUN101]: `broken` cannot be built")


def test_the_folder_of_an_environment_is_no_python(place: Path) -> None:
    python = place / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    said = called(place, "net.py:Net", "--python", "./venv").stderr.decode()
    assert (
        said == "analyzer: `--python ./venv` cannot be started: Permission denied; did you mean `./venv/bin/python`?\n"
    )


def test_after_a_second_it_says_what_it_waits_for(place: Path) -> None:
    (place / "slow.py").write_text("import time\ntime.sleep(1.5)\n")
    said = called(place, "slow.py:Net").stderr.decode()
    assert said.startswith(f"analyzer: note: waiting for `slow.py:Net`, which {sys.executable} builds and exports\n")
    assert "note" not in called(place, "slow.py:Net", "--quiet").stderr.decode()


@pytest.mark.parametrize(
    ("end", "how"),
    [("os._exit(5)", "ended itself with exit code 5"), ("os.kill(os.getpid(), 11)", "was ended by SIGSEGV")],
)
def test_a_process_that_ends_is_a_finding(end: str, how: str, place: Path) -> None:
    (place / "ends.py").write_text(f"import os\n{end}\n")
    done = called(place, "ends.py:Net")
    assert how in done.stderr.decode()
    assert done.returncode == 1


def alive(number: int) -> bool:
    """Whether a process exists, and is not only waiting for its parent to notice its end."""
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def ends(number: int) -> bool:
    """Whether a process that was killed is gone within ten seconds: the signal is sent before the system acts on it."""
    until = time.monotonic() + 10
    while alive(number):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_ends_both(sent: signal.Signals, place: Path) -> None:
    (place / "sleeps.py").write_text(
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "open('pids', 'w').write(f'{os.getpid()}\\n')\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "sleeps.py:Net", "--quiet"],
        cwd=place,
        env=environment(),
        stderr=subprocess.PIPE,
        preexec_fn=heeds_interrupts,
    )
    pids = place / "pids"
    while not (pids.exists() and pids.read_text().endswith("\n")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(sent)
    _, said = process.communicate(timeout=20)
    if sent == signal.SIGINT:
        assert (process.returncode, said) == (130, b"analyzer: interrupted\n")
    assert ends(int(pids.read_text()))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
def test_processes_of_the_code_end_with_it(place: Path) -> None:
    (place / "forks.py").write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('pids', 'w').write(str(child.pid))\n"
        "raise ValueError('after it')\n"
    )
    done = called(place, "forks.py:Net")
    assert "after it" in done.stderr.decode()
    assert ends(int((place / "pids").read_text()))


def test_no_temporary_file_is_left(place: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for word in ("net.py:pair", "net.py:broken", "nte.py:Net"):
        called(place, word, TMPDIR=str(temporary))
        assert list(temporary.iterdir()) == []


def test_only_an_operand_is_run(place: Path) -> None:
    """Not the base of a budget, not a name that git or a configuration gives."""
    (place / "marks.py").write_text("open('ran', 'w').close()\n")
    (place / "net.yaml").write_text("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}]\n")
    for arguments in (
        ["check", "net.yaml", "--budget", "params=+5%", "--against", "marks.py:Net"],
        ["diff", "git:marks.py:Net", "net.yaml"],
        ["git:marks.py:Net"],
        ["net.yaml"],
        ["check", "."],
        ["net.yaml", "--sort", "marks.py:Net"],
    ):
        called(place, *arguments)
        assert not (place / "ran").exists(), arguments
    assert called(place, "diff", "net.yaml", "marks.py:Net").returncode == 2
    assert (place / "ran").exists()


def test_the_base_of_a_budget_is_not_run_and_says_so(place: Path) -> None:
    (place / "net.yaml").write_text("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}]\n")
    done = called(place, "check", "net.yaml", "--budget", "params=+5%", "--against", "net.py:Net")
    assert done.stderr.decode() == (
        "analyzer: `net.py:Net` is a callable, and a base is not run; save its report, `analyzer net.py:Net -o base.json`, "
        "and give that\n"
    )
    assert done.returncode == 2


def test_a_revision_that_git_knows_comes_first(place: Path) -> None:
    """`HEAD:net` looks like a callable in a module; git has that path, so nothing is run."""
    (place / "HEAD.py").write_text("open('ran', 'w').close()\n")
    (place / "net").write_text("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}]\n")
    user = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "net"], [*user, "commit", "-qm", "one"]):
        subprocess.run(["git", *arguments], cwd=place, check=True)
    done = called(place, "diff", "HEAD:net", "net")
    assert (done.returncode, done.stderr) == (0, b"")
    said = b"`net.py:Net` does not exist at `HEAD`; code is not run at a revision: compare with a `.pt2` or a report"
    assert said in called(place, "diff", "git:HEAD", "net.py:Net").stderr
    assert not (place / "ran").exists()


def test_the_report_is_not_written_over_the_code(place: Path) -> None:
    done = called(place, "net.py:pair", "--format", "json", "-o", "net.py")
    assert done.returncode == 2
    assert b"is the model itself" in done.stderr
    assert (place / "net.py").read_text() == NET
