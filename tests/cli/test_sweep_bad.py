"""What a person gets wrong with `analyzer sweep`: one line that says what is wrong and what to write instead.

Messages were written before they were compared: each names the option, the value and the nearest right spelling.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from commands import COMMAND, environment, heeds_interrupts

from analyzer.cli.main import FAULT, WRONG, guarded

Said = pytest.CaptureFixture[str]

FILES = {
    "net.yaml": "input: 32x32x3\nvars: {width: 20, norm: none}\nlayers:\n"
    "  - conv: {filters: $width, kernel: 8, stride: 2, padding: 1, norm: $norm}\n",
    "plain.yaml": "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8}\n",
    "tight.yaml": "input: 32x32x3\nvars: {width: 20}\nbudget: {params: 1K}\nlayers:\n  - conv: {filters: $width, kernel: 8}\n",
    "wrong.yaml": "input: 32x32x3\nvars: {width: 20}\nlayers:\n  - cnov: {filters: $width, kernel: 8}\n",
    "empty.yaml": "",
    "text.sqlite": "the notes of somebody\n",
}

_SOME = "`width` of `--set` must be a list such as `16,32,64`, a range such as `16:128:16`, or one value"
_RANGE = "`width` of `--set` must be a range such as `16:128:16`"

#: A file in another format, `net.onnx`: its input is fixed, and it has no variables.
ONNX = Path(__file__).parents[1] / "data" / "review" / "net.onnx"

#: Arguments after `analyzer sweep`, and the whole message; the exit code is 2, and nothing goes to stdout.
FAULTS = {
    # axes
    "net.yaml --set widht=16:32:8": "the model has no variable `widht`; did you mean `width`? "
    "its variables are `width` and `norm`",
    "plain.yaml --set width=1:3": "the model has no variable `width`; it has no `vars`",
    "net.onnx --set width=1:3": "the model has no variable `width`; it has no variables",
    "net.onnx --input mask=8x8x3": "the model has no input `mask`; its inputs are `image`",
    "net.yaml --set width=32:16": "`width` of `--set` has an empty range, since 32 is above 16: `32:16`; write `16:32`; "
    "a range goes up",
    "net.yaml --set width=9:1:-2": "`width` of `--set` has an empty range, since 9 is above 1: `9:1:-2`; write `1:9:2`; "
    "a range goes up",
    "net.yaml --set width=16:32:0": "`width` of `--set` has a range with the step 0: `16:32:0`; a step is above 0; "
    "`16:32` goes by 1",
    "net.yaml --set width=16:256:*1": "`width` of `--set` has a range that multiplies by 1: `16:256:*1`; "
    "a factor is above 1: `16:256:*2`",
    "net.yaml --set width=16:256:2*": f"{_RANGE} or `16:128:*2`, not `16:256:2*`; write `16:256:*2` for a factor",
    "net.yaml --set width=0:8:*2": "`width` of `--set` has a range that multiplies, so it must begin above 0: `0:8:*2`; "
    "a step such as `0:8:16` adds",
    "net.yaml --set width=16..32": f"{_RANGE}, not `16..32`; write `16:32`",
    "net.yaml --set width=16-32": f"{_RANGE}, not `16-32`; write `16:32`",
    "net.yaml --set width=[16,32]": "`width` of `--set` must be written without brackets, not `[16,32]`; write `16,32`",
    "net.yaml --set width=16:": f"{_RANGE} or `16:128:*2`, not `16:`",
    "net.yaml --set width=16:32:8,64": "`width` of `--set` has in its list the range `16:32:8`; "
    "write its values: `16,24,32`",
    "net.yaml --set width=16,16": "`width` of `--set` has twice the value `16`; write each value once",
    "net.yaml --set width=16,,32": "`width` of `--set` has an empty value in `16,,32`; write `16,32`",
    "net.yaml --set width=": f"{_SOME}, not nothing",
    "net.yaml --set width=nan": "`width` of `--set` must have finite numbers or words, not `nan`",
    "net.yaml --set width": "`--set`: `name=value` is needed, not `width`",
    "net.yaml --set =16": "`--set`: `name=value` is needed, not `=16`",
    "net.yaml --set width=16 --set width=32": "the axis `width` is given twice; write its values in one `--set`, "
    "with commas between",
    "net.yaml --input 32x32x3 --input 48x48x3": "with several `--input`, each needs a name: `--input name=32x32x3`",
    "net.yaml --input 32x32x3,abc": "`input` of `--input` must be a volume such as `224x224x3`, not `abc`; "
    "height x width x depth, such as `32x32x3`; digits and `x`, no spaces",
    "net.yaml --input image=32x32x3": "the model has no input `image`; its inputs are `input`",
    "net.yaml --set width=0.5:2.0": "the range of `width` is continuous: it has a decimal point and no step; "
    "write a step, such as `0.5:2:0.15`, or draw variants with `--random 1000`",
    "net.yaml --set width=1:1000000000": "1,000,000,000 combinations take about 28 days on one core, at 400 a second; "
    "a sweep calculates at most 10,000,000: take larger steps, or draw some with `--random 10000`",
    # a draw
    "net.yaml --set width=1:3 --random 0": "`--random`: a whole number of at least 1 is needed, not `0`",
    "net.yaml --set width=1:3 --random 9": "`--random` 9 is more than the 3 combinations that there are; "
    "without it all are calculated",
    "net.yaml --set width=1:3 --random 2 --seed -1": "`--seed`: a whole number of at least 0 is needed, not `-1`",
    # what is asked about them
    "net.yaml --set width=1:9 --largest width": "`--largest` asks what fits, and nothing limits the network; "
    "give it a limit with `--budget`, or a `budget` in the file",
    "tight.yaml --set width=1:9 --budget none --smallest width": "`--smallest` asks what fits, and nothing limits "
    "the network; give it a limit with `--budget`, or a `budget` in the file",
    "net.yaml --set norm=none,batch_norm --largest norm --budget params=5K": "`--largest`: the values of `norm` have "
    "no order: `none` is a word, and words have no order",
    "net.yaml --set width=1:9 --largest widht --budget params=5K": "`--largest`: no axis is called `widht`; "
    "did you mean `width`?",
    "net.yaml --set width=1:9 --largest norm --budget params=5K": "`--largest`: no axis is called `norm`; "
    "the axis is `width`",
    "net.yaml --set width=1:9 --largest width --random 3 --budget params=5K": "`--largest` asks for every value of "
    "`width`, and `--random` draws only some; leave one of the two out",
    "net.yaml --set width=1:3 --minimize mcs": "`--minimize`: there is no amount or axis `mcs`; did you mean `macs`?",
    "net.yaml --set width=1:3 --minimize macs --maximize macs": "`--maximize`: `macs` is a goal already",
    "net.yaml --set norm=none,batch_norm --minimize norm": "`--minimize`: `norm` has values that are no numbers, "
    "such as `none`; a goal is a number",
    "net.yaml --set width=1:3 --amounts parms": "`--amounts`: there is no amount `parms`; did you mean `params`?",
    "net.yaml --set width=1:3 --budget parms=5M": "`--budget`: a budget has no `parms`; did you mean `params`?",
    "net.yaml --set width=1:3 --budget params=abc": "`--budget`: `params` takes an amount such as `26M` or `4.2G`, "
    "not `abc`",
    "net.yaml --set width=1:3 --budget params=5K..1K": "`--budget`: the minimum of `params=5K..1K` is above its maximum",
    "net.yaml --set width=1:3 --budget params=+5%": "`--budget`: `params=+5%` limits the growth against another "
    "network, and there is none here; write an amount, `params=5M`",
    "net.yaml --set width=1:3 --optimizer adm": "`--optimizer` must be `sgd`, `momentum`, `nesterov`, `adam`, `adamw`, "
    "`rmsprop`, `adagrad`, `adafactor` or `lion`, not `adm`; did you mean `adam`?",
    "net.yaml --set width=1:3 --minimise macs": "unknown option `--minimise`; did you mean `--minimize`?",
    # who calculates
    "net.yaml --set width=1:3 --workers 0": "`--workers`: a whole number of at least 1 is needed, not `0`",
    "net.yaml --set width=1:3 --workers two": "`--workers`: a whole number of at least 1 is needed, not `two`",
    "net.yaml --set width=1:3 --workers 2 --dask tcp://127.0.0.1:1": "`--workers` are processes of this machine, and "
    "`--dask` has its own: leave one of the two out",
    # files
    "": "no model is given; `analyzer example > model.yaml` writes one to start from",
    "net.yaml plain.yaml --set width=1:3": "`analyzer sweep` takes one model, not 2",
    "net.yaml width=1:3": "`analyzer sweep` takes one model, not 2; did you mean `--set width=1:3`?",
    "missing.yaml --set width=1:3": "file `missing.yaml` does not exist",
    "missing.sqlite": "file `missing.sqlite` does not exist",
    "net.py:Net --set width=1:3": "`net.py:Net` is a callable, which makes one network; write each as a file with "
    "`analyzer convert`, or give a model with variables",
    "net.yaml --set width=1:3 --format xlsx": "`--format` must be `table`, `csv`, `json`, `svg` or `html`, not `xlsx`",
    "net.yaml --set width=1:3 -o no/runs.sqlite": "`no/runs.sqlite` cannot be written: the folder `no` does not exist",
    "net.yaml --set width=1:3 -o .": "`.` is a folder; `-o` takes a file",
    "net.yaml --set width=1:3 -o net.yaml": "`net.yaml` is the model itself; choose another file for the report",
    "net.yaml --set width=1:3 -o text.sqlite": "`text.sqlite` is another file, not the store of a sweep, and was not "
    "changed; give `-o` another name",
    "net.yaml --set width=1:4 -o runs.sqlite": "`runs.sqlite` is the store of another sweep: axes `width=1:3`, "
    "not `width=1:4`; give `-o` another name",
    "net.yaml --set width=1:3 --budget params=5K --batch 3 --random 2 -o runs.sqlite": "`runs.sqlite` is the store of "
    "another sweep: limits none, not `params at most 5,000`; run none, not `batch 3`; random none, not `2 with seed 0`; "
    "give `-o` another name",
    "plain.yaml --input 32x32x3 -o runs.sqlite": "`runs.sqlite` is the store of another sweep: another model; "
    "axes `width=1:3`, not `input=32x32x3`; give `-o` another name",
    "net.yaml --set width=1:3 -o cut.sqlite": "`cut.sqlite` is damaged: database disk image is malformed; remove it, and "
    "the sweep that wrote it calculates it again",
    "cut.sqlite": "`cut.sqlite` is damaged: database disk image is malformed; remove it, and the sweep that wrote it "
    "calculates it again",
    "net.yaml --set width=1:3 -o other.sqlite": "`other.sqlite` is a SQLite database of another program, not the store "
    "of a sweep, and was not changed; give `-o` another name",
    "other.sqlite": "`other.sqlite` is a SQLite database, which analyzer does not read: it has no network "
    "(`analyzer example > model.yaml` writes a model to start from)",
    "runs.sqlite --format json -o runs.sqlite": "`runs.sqlite` is a store already; `-o` with another ending writes a "
    "report of it",
    "runs.sqlite --set width=1:3": "`runs.sqlite` is a store, whose variants are calculated: `--set` is for a model file",
    "runs.sqlite --largest width": "`runs.sqlite` is a store, whose variants are calculated: `--largest` is for "
    "a model file",
    "runs.sqlite -o other.sqlite": "`runs.sqlite` is a store already; `-o` with another ending writes a report of it",
    "runs.sqlite --minimize layers": "`--minimize`: `runs.sqlite` has no `layers`; its amounts are params, macs",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "net.onnx").write_bytes(ONNX.read_bytes())
    return tmp_path


@pytest.fixture
def store(place: Path, capsys: Said) -> Path:
    """The store of three widths; beside it one that was cut, and the database of another program."""
    assert guarded(["sweep", "net.yaml", "--set", "width=1:3", "-o", "runs.sqlite"]) == 0
    capsys.readouterr()
    (place / "cut.sqlite").write_bytes((place / "runs.sqlite").read_bytes()[:5000])
    with sqlite3.connect("other.sqlite") as database:
        database.execute("CREATE TABLE songs (title)")
    database.close()
    return place / "runs.sqlite"


@pytest.mark.parametrize("arguments", FAULTS)
def test_one_line_says_what_is_wrong(arguments: str, store: Path, capsys: Said) -> None:
    there = {path.name: path.read_bytes() for path in store.parent.iterdir()}
    assert guarded(["sweep", *arguments.split()]) == FAULT
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"analyzer: {FAULTS[arguments]}\n")
    assert {path.name: path.read_bytes() for path in store.parent.iterdir()} == there, "nothing was written"


def test_there_are_many() -> None:
    assert len(FAULTS) >= 40


#: Arguments where the model, or all of its variants, are at fault: the whole of stderr, and the exit code is 1.
WRONG_ONES = {
    "tight.yaml --set width=16:32:8": """\
analyzer: width 16: `params` is 3.088K, 2.088K (208.8 %) over its budget of 1K; `--budget none` leaves out the limits of the file
""",
    "net.yaml --set width=1:3 --budget params=100K..": """\
analyzer: width 3: `params` is 0.579K, 99.42K (99.4 %) under the minimum of its budget, 100K
""",
    "net.yaml --set width=1:3 --dtype int8 --budget peak_training_memory=1GiB": """\
analyzer: width 1: the budget limits `peak_training_memory`, and the network has none
""",
    "tight.yaml --set width=0.5,1.5": """\
error[VALUE101]: `filters` of `conv` must be a whole number of at least 1, not 0.5
  ╭─ tight.yaml:5:21
5 │   - conv: {filters: $width, kernel: 8}
  │                     ^^^^^^
  = $width = 0.5

1 error in tight.yaml
analyzer: none of the 2 variants is a network; the mistakes above are those of width 0.5
""",
    "plain.yaml --input 5x5x3,6x6x3": """\
error[SHAPE201]: the 8×8 kernel of `conv1` is larger than its 5×5 input
  ╭─ plain.yaml:3:5
3 │   - conv: {filters: 20, kernel: 8}
  │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = height: (5 − 8 + 2·0)/1 + 1 = −2
  = width: (5 − 8 + 2·0)/1 + 1 = −2
  = its input is the network's input: 5×5×3
  = help: padding of at least 2, a kernel of at most 5, or an input of 8×8×3

1 error in plain.yaml
analyzer: none of the 2 variants is a network; the mistakes above are those of input 5×5×3
""",
    "wrong.yaml --set width=1:3": """\
error[MODEL102]: no layer type, block or structure is called `cnov`
  ╭─ wrong.yaml:4:5
4 │   - cnov: {filters: $width, kernel: 8}
  │     ^^^^
  = help: did you mean `conv`?

1 error in wrong.yaml
""",
}


@pytest.mark.parametrize("arguments", WRONG_ONES)
def test_what_no_variant_does_is_said(arguments: str, place: Path, capsys: Said) -> None:
    assert guarded(["sweep", *arguments.split()]) == WRONG
    assert capsys.readouterr().err == WRONG_ONES[arguments]


# -- the command as a process ------------------------------------------------------------------------------------------

#: So many variants of a network of 60 layers take some seconds.
LONG = (
    "input: 32x32x8\nvars: {width: 8}\nlayers:\n  - conv: {filters: $width, kernel: 3, padding: same}\n    repeat: 60\n"
)
MANY = ["sweep", "long.yaml", "--set", "width=1:100000", "-o", "runs.sqlite"]


def rows() -> int:
    """How many variants the store has, as another program reads it."""
    try:
        with sqlite3.connect("file:runs.sqlite?mode=ro", uri=True) as database:
            found: int = database.execute("SELECT count(*) FROM variant").fetchone()[0]
            return found
    except sqlite3.OperationalError:
        return 0


@pytest.fixture
def sweep(place: Path) -> subprocess.Popen[bytes]:
    """A long sweep of which some variants are in the store."""
    (place / "long.yaml").write_text(LONG)
    process = subprocess.Popen(
        [*COMMAND, *MANY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), start_new_session=True,
        preexec_fn=heeds_interrupts,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while rows() == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return process


def test_ctrl_c_keeps_what_is_done(sweep: subprocess.Popen[bytes]) -> None:
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=30)
    assert sweep.returncode == 130
    assert out == b""
    assert re.sub(r"(?m)^.*variants.*\n", "", err.decode()) == (
        "analyzer: note: what is done is in `runs.sqlite`; the same command goes on from there\nanalyzer: interrupted\n"
    )
    assert rows() > 0


def test_after_kill_9_the_same_command_continues(sweep: subprocess.Popen[bytes], capsys: Said) -> None:
    """Axes of another sweep are refused, the same ones are not; nothing is lost, and nothing is there twice."""
    sweep.kill()
    sweep.communicate()
    before = rows()
    assert before > 0
    assert guarded(["sweep", "runs.sqlite", "--format", "csv"]) == 0
    kept = capsys.readouterr().out.splitlines()[1:]
    assert len(kept) == before
    again = subprocess.Popen([*COMMAND, *MANY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    deadline = time.monotonic() + 60
    while rows() <= before and time.monotonic() < deadline:
        time.sleep(0.05)
    again.kill()
    again.communicate()
    with sqlite3.connect("runs.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ids = [row[0] for row in database.execute("SELECT id FROM variant ORDER BY id")]
    assert len(ids) > before
    assert ids == [*range(len(ids))]


def test_a_closed_pipe_is_no_mistake(place: Path) -> None:
    script = f"{' '.join(COMMAND)} sweep net.yaml --set width=1:5000 --format csv | head -n 2; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), timeout=60)
    assert done.stderr == b""
    assert done.stdout.decode().splitlines()[:2] == ["id,width,params,macs,fits,breaks,error", "0,1,193,37632,1,,"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_behind_the_report(place: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "sweep", "net.yaml", "--set", "width=1:9"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
        )
    assert done.returncode == FAULT
    assert done.stderr.decode() == "analyzer: the output cannot be written: No space left on device\n"
