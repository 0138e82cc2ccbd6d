"""Mutated models, arguments and environments against the command: nothing is lost, nothing runs away.

Each case makes a folder with models, reports and configurations, mutates them, and runs one command there. It fails on a
traceback, on an internal error, on another exit code than 0, 1 or 2, on more than 2 seconds of processor time, on a file
of the folder that was changed or lost (but for the target of `-o` where the command does not read it), and on a `.part`
file that is left. Most cases run in one process, with captured streams; the others are processes of their own, with
limits of time and memory, closed streams, encodings and folders that cannot be written.

    python benchmarks/fuzz.py --seed 1 --count 50000                 # in one process; some 20 minutes
    python benchmarks/fuzz.py --seed 1 --count 2000 --processes      # each in a process of its own
    python benchmarks/fuzz.py --seed 1 --only 1234                   # repeats one case and shows all of it
    python benchmarks/fuzz.py --seed 1 --first 20000 --count 10000   # continues where a run was stopped

A case depends on the seed and its number only. A failure is printed with the command that repeats it; the last line counts
cases, exit codes and failures, and the exit code is 1 if there is a failure.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from analyzer.cli.main import guarded  # noqa: E402

#: Processor seconds that a case may take in the process, and those of a process of its own, with its start.
SECONDS, WITH_START = 2.0, 2.5
#: Seconds after which a case that waits for something is ended.
PATIENCE = 30

WORDS = (
    "conv", "conv_transpose", "depthwise", "dense", "relu", "max_pool", "avg_pool", "global_avg_pool", "batch_norm",
    "layer_norm", "concat", "add", "flatten", "reshape", "dropout", "embedding", "lstm", "gru",
    "multi_head_attention", "custom", "upsample", "pad", "crop", "slice", "linear", "softmax", "permute", "name",
    "from", "repeat", "first", "when", "expect", "note", "tied", "frozen", "input", "inputs", "layers", "blocks",
    "params", "defaults", "vars", "outputs", "budget", "training", "residual", "sequence", "parallel", "branches",
    "body", "project", "filters", "kernel", "stride", "padding", "same", "valid", "groups", "dilation", "sharing",
    "local", "shared", "prev", "block_input", "act", "norm", "units", "$i", "$D", "$W", "$H", "true", "false",
    "none", "null", "batch", "optimizer", "adam",
)  # fmt: skip
VALUES = (
    "0", "-1", "1", "2", "3", "7", "1e3", "1e999", "-0", "0x10", "1_000", "10" * 30, "9" * 5_000, "2.5", ".5", "~", "''", '""',
    "[]", "{}", "[1, 2]", "[[1, 2], [3]]", "{a: 1}", "3x3", "8x8x3", "32x32x3x3", "x", "1x?", "?", "$(", "$(1/0)", "$(9**9**9)",
    "$(1 if i else 2)", "$(D*2)", "$nothing", "a.b.c", "é", "日本", "\u202e", "\u200b", "\x1b[31m", "\x00", "\ufeff", "\u2028",
    "*a", "&a", "<<: *a", "!!str", "|", ">-", "- ", "? ", ": ", "# ", "---", "...", "%YAML 1.2", "{", "}", "[", "]", "'", '"',
    "\t", "\r", "\n", "=1+1", "::error::x", "n" * 3_000, "[" * 70, "{a: " * 70, "26M", "5 MiB", "1GB", "inf", "nan", "now",
)  # fmt: skip
COMMANDS = ("", "check", "memory", "diff", "explain", "convert", "sweep", "layers", "example", "schema")
GIVEN = (
    "json", "table", "csv", "html", "markdown", "latex", "sarif", "junit", "github", "text", "shared", "local", "declared", "both",
    "0", "1", "2", "-1", "999999999999", "1e9", "", "-", "--", "macs", "params=5M", "params=+5%", "params", "w=3", "w=", "=",
    "8x8x3", "x=8x8x3", "float32", "int8", "adam", "sgd", "24GiB", "T4", "RTX 4090", "auto", "zero3", "always", "never",
    "CHECK101", "CHECK1", "NOPE", "error", "note", "conv", "resnet50", "vgg", "git:HEAD", "git:HEAD:m.yaml", "git:-x", "é", "\x1b",
)  # fmt: skip
#: Right values of options, but for those whose help lists them.
RIGHT: dict[str, tuple[str, ...]] = {
    "-o": ("out.json", "out.json", "out.csv", "out.html", "out.md", "out.sarif", "m.yaml"),
    "--depth": ("1", "2"), "--top": ("1", "5"), "--width": ("40", "80", "200"), "--batch": ("1", "32"),
    "--dtype": ("float32", "float16", "int8"), "--sort": ("macs", "name"), "--columns": ("name,macs", "help", "kind"),
    "--set": ("w=3", "w=0"), "--input": ("8x8x3", "9x9x1", "64x64x3"), "--optimizer": ("adam", "sgd"),
    "--device": ("24GiB", "T4", "1MiB"), "--select": ("CHECK1", "CHECK101"), "--ignore": ("CHECK1", "CHECK101"),
    "--explain": ("CHECK101", "CHECK105"), "--budget": ("params=5M", "macs=1", "params=+5%"), "--ranks": ("2", "8"),
    "--against": ("ok.yaml", "report.json", "m.yaml"), "--check": ("m.yaml", "report.json", "ok.yaml"),
    "--largest": ("w",), "--smallest": ("w",), "--minimize": ("macs", "w"), "--maximize": ("w", "receptive_field,params"),
    "--amounts": ("params,macs", "peak_training_memory"), "--random": ("1", "2"), "--workers": ("1",), "--dask": ("nowhere",),
    "--to": ("yaml", "torch", "keras"), "--context": ("1GiB",), "--checkpoint": ("auto", "none", "sqrt"), "--strategy": ("zero3", "ddp", "fsdp"),
}  # fmt: skip
#: Axes of a sweep, most of them right.
AXES = (
    "w=1:4", "w=1:4", "w=2,4,8", "w=1:16:*2", "w=0.5:2.0", "w=0:1:0.25", "w=4:1", "w=1:4:0", "w=a,b", "w=1,1", "w=", "w=1:1000000000",
    "input=8x8x3,9x9x3", "w=4", "v=1:3",
)  # fmt: skip
#: A line of a command's help: an option, and the word for its value or its choices.
_OPTION = re.compile(r"^  (?:-h, )?(?:(-o) FILE, )?(--[a-z-]+)(?: (\{[^}]*\}|[A-Z]\S*))?", re.MULTILINE)
FILES = (
    *["m.yaml"] * 14, *["ok.yaml"] * 6, *["report.json"] * 6, "saved.json", "runs.sqlite", "cut.sqlite", "link.yaml", "fifo.yaml", "folder", ".",
    "missing.yaml", "-", "--", "/dev/null", "/dev/zero", "loop.yaml", "hard.yaml", "a\nb.yaml", "-o.yaml", "nul\0.yaml",
)  # fmt: skip
# A FIFO is no target: writing to one waits for its reader, as it does in every program.
TARGETS = (
    "out.json", "out.csv", "out.html", "out.md", "out.sarif", "out.txt", "m.yaml", "ok.yaml", "./m.yaml", "link.yaml",
    "hard.yaml", "report.json", "folder", "nowhere/out.json", "runs.sqlite", "cut.sqlite", "new.sqlite", "/dev/null", "-", "", ".analyzer.toml", "/dev/full",
)  # fmt: skip
OK = "input: 8x8x3\nvars: {w: 4}\nlayers:\n  - conv: {filters: $w, kernel: 3}\n  - relu\n  - dense: 10\n"


class TooSlow(BaseException):
    """A case takes longer than it may."""


class Known:
    """What cases are made of: the texts of models, a saved report, a store, and the options of the commands."""

    def __init__(self) -> None:
        self.texts, self.saved, self.store, self.options = sources(), saved_report(), store(), options()


class Case:
    """One case: its files, its command, and how the process around it is."""

    def __init__(self, seed: int, number: int, known: Known) -> None:
        chance = self.chance = random.Random(f"{seed}:{number}")
        self.model = mutated(chance.choice(known.texts), chance)
        self.saved = mutated(known.saved, chance) if chance.random() < 0.5 else known.saved
        self.store, self.cut = known.store, damaged(known.store, chance)
        self.configuration = None
        if chance.random() < 0.1:
            lines = (
                "ignore = ['CHECK101']",
                "select = 3",
                "a" + ".a" * 300 + " = 1",
                "[per-file-ignores]",
                '"*.yaml" = []',
            )
            self.configuration = mutated("\n".join(chance.sample(lines, 2)), chance, strength=1)
        self.command, self.arguments = arguments(chance, known.options)
        self.stdin = chance.choice((self.model, OK, "", known.saved)).encode("utf-8", "surrogatepass")
        self.encoding = chance.choice(("utf-8", "utf-8", "ascii", "latin-1", "utf-16", "cp1252"))
        self.environment = environment(chance)

    def fill(self, folder: Path) -> None:
        """Writes its files."""
        (folder / "m.yaml").write_bytes(self.model.encode("utf-8", "surrogatepass"))
        (folder / "ok.yaml").write_text(OK)
        (folder / "report.json").write_bytes(self.saved.encode("utf-8", "surrogatepass"))
        (folder / "saved.json").write_bytes(self.saved.encode("utf-8", "surrogatepass")[: self.chance.randrange(4_000)])
        (folder / "runs.sqlite").write_bytes(self.store)
        (folder / "cut.sqlite").write_bytes(self.cut)
        (folder / "a\nb.yaml").write_text(OK)
        (folder / "-o.yaml").write_text(OK)
        os.symlink("m.yaml", folder / "link.yaml")
        os.symlink("loop.yaml", folder / "loop.yaml")
        os.link(folder / "ok.yaml", folder / "hard.yaml")
        os.mkfifo(folder / "fifo.yaml")
        (folder / "folder").mkdir()
        (folder / "folder" / "inner.yaml").write_text(OK)
        if self.configuration is not None:
            (folder / ".analyzer.toml").write_bytes(self.configuration.encode("utf-8", "surrogatepass"))


def mutated(text: str, chance: random.Random, *, strength: int = 4) -> str:
    """A text with some small changes: words and values swapped, lines lost, doubled, moved or indented, signs added."""
    if chance.random() < 0.1:
        return text
    for _ in range(chance.randint(1, strength)):
        kind = chance.randrange(8)
        lines = text.split("\n")
        at = chance.randrange(len(lines))
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(chance.randrange(len(lines) + 1), lines[at])
        elif kind == 2:
            lines[at] = chance.choice((" ", "  ", "\t", "- ")) + lines[at]
        elif kind == 3:
            lines[at] = lines[at].lstrip()
        if kind < 4:
            text = "\n".join(lines)
            continue
        words = [(found.start(), found.end()) for found in re.finditer(r"[\w.$?]+", text)] or [(0, 0)]
        start, end = chance.choice(words)
        if kind == 4:
            text = text[:start] + chance.choice(WORDS) + text[end:]
        elif kind == 5:
            text = text[:start] + chance.choice(VALUES) + text[end:]
        elif kind == 6:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(VALUES) + text[at:]
        else:
            text = text[:start] + text[end + chance.randrange(3) :]
    return text


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A file with some bytes changed, or without its end."""
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(chance.randint(1, 40)):
        changed[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(changed)


def options() -> dict[str, dict[str, tuple[str, ...]]]:
    """The options of each command with right values, none where an option takes none; from the commands' help."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for command in COMMANDS:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(stream):
            guarded([*filter(None, [command]), "--help"])
        text = stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
        found[command] = {}
        for short, option, value in _OPTION.findall(text):
            listed = re.search(r"--format FORMAT +([^(]*)", text) if option == "--format" else None
            choices = tuple(re.findall(r"[a-z]+", listed[1] if listed else value)) if listed or value[:1] == "{" else ()
            found[command][short or option] = choices or (RIGHT.get(short or option, GIVEN) if value else ())
    return found


def arguments(chance: random.Random, known: dict[str, dict[str, tuple[str, ...]]]) -> tuple[str, list[str]]:
    """A command and its arguments, of which most are right."""
    command = chance.choice(
        (
            "",
            "",
            "",
            "check",
            "check",
            "memory",
            "diff",
            "diff",
            "explain",
            "convert",
            "sweep",
            "sweep",
            "layers",
            "example",
            "schema",
        )
    )
    count = 2 if command == "diff" else chance.choice((1, 1, 1, 2))
    right = {"layers": ("conv", "dense", ""), "example": ("resnet50", "textbook", "")}.get(command, FILES)
    parts = [[word] for word in (chance.choice(right) for _ in range(count)) if word]
    if command == "sweep" and chance.random() < 0.8:
        parts.append(["--set", chance.choice(AXES)])
        if chance.random() < 0.3:
            parts.append(["-o", chance.choice(("new.sqlite", "runs.sqlite", "cut.sqlite"))])
    if command == "schema":
        parts = [["--check", *(word for part in parts for word in part)]]
    for _ in range(chance.choice((0, 1, 1, 2))):
        option, values = chance.choice([*known[command].items(), ("--nothing", ())])
        if option in ("--help", "--version", "--nothing") and chance.random() < 0.9:
            continue
        wrong = chance.random() < 0.15
        if wrong:
            values = TARGETS if option == "-o" else FILES if option in ("--against", "--check") else GIVEN
        word = chance.choice(values) if values else None
        parts.append([option] if word is None else [f"{option}={word}"] if chance.random() < 0.1 else [option, word])
    if chance.random() < 0.1:
        parts.append([chance.choice(("--", "-o", "-", "--set", "")), *([chance.choice(TARGETS)] * chance.randrange(2))])
    chance.shuffle(parts)
    return command, [word for part in parts for word in part]


def environment(chance: random.Random) -> dict[str, str | None]:
    """Variables of the environment; None takes one away."""
    some = {
        "COLUMNS": ("0", "1", "20", "-3", "x", "99999999999"),
        "NO_COLOR": ("", "1"),
        "TERM": ("dumb", "xterm"),
        "HOME": (None, "/nowhere"),
        "LANG": ("C", "de_DE.UTF-8", "nothing"),
        "PYTHONIOENCODING": ("ascii", "utf-16", "latin-1:strict"),
        "PYTHONUTF8": ("0", "1"),
    }
    return {name: chance.choice(values) for name, values in some.items() if chance.random() < 0.15}


class Ended:
    """How a case ended."""

    def __init__(self, code: object, out: str, err: str, slow: bool) -> None:
        self.code, self.out, self.err, self.slow = code, out, err, slow


def in_process(case: Case, folder: Path) -> Ended:
    """Runs the command in this process, with streams of its own."""

    def stream(data: bytes = b"") -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(data), encoding=case.encoding, errors="strict", write_through=True)

    def end(*_: object) -> None:
        raise TooSlow

    out, err = stream(), stream()
    kept = sys.stdin, sys.stdout, sys.stderr, dict(os.environ), os.getcwd()
    sys.stdin, sys.stdout, sys.stderr = stream(case.stdin), out, err
    _set(case.environment)
    os.chdir(folder)
    code: object = None
    said, slow = "", False
    signal.signal(signal.SIGPROF, end)
    signal.signal(signal.SIGALRM, end)
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(PATIENCE)
        code = guarded([case.command, *case.arguments] if case.command else case.arguments)
    except TooSlow:
        slow, said = True, traceback.format_exc()
    except BaseException:
        said = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        sys.stdin, sys.stdout, sys.stderr, variables, place = kept
        os.chdir(place)
        os.environ.clear()
        os.environ.update(variables)
    texts = [one.buffer.getvalue().decode(case.encoding, "replace") for one in (out, err)]  # type: ignore[attr-defined]
    return Ended(code, texts[0], texts[1] + said, slow)


def _set(variables: dict[str, str | None]) -> None:
    os.environ["ANALYZER_DEBUG"] = "1"  # an internal error shows where
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def as_process(case: Case, folder: Path) -> Ended:
    """Runs the command as a process of its own: with limits, and with streams and a folder that may be missing."""
    chance = case.chance
    streams = chance.choice(
        ("", "", "", "<&-", ">&-", "2>&-", "<&- >&- 2>&-", "> /dev/full", "| head -c 10", "< /dev/zero")
    )
    streams = streams if "/dev/zero" not in streams or "-" in case.arguments else ""
    before = chance.choice(
        (
            "",
            "",
            "",
            "",
            'rmdir "$PWD/gone" 2>/dev/null; mkdir -p gone && cd gone && rmdir ../gone;',
            "chmod 555 .;",
            "umask 777;",
        )
    )
    limits = f"ulimit -t {int(WITH_START) + 2}; ulimit -v 1500000; ulimit -f 200000;"
    given = [argument for argument in case.arguments if "\0" not in argument]
    script = (
        f'{limits} {before} exec 3>&1; "$0" -m analyzer "$@" {streams}; code=${{PIPESTATUS[0]}}; times >&3; exit $code'
    )
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        **{name: value for name, value in case.environment.items() if value is not None},
    }
    for name in (name for name, value in case.environment.items() if value is None):
        variables.pop(name, None)
    command = ["bash", "-c", script, sys.executable, *([case.command] if case.command else []), *given]
    try:
        done = subprocess.run(
            command, cwd=folder, env=variables, input=case.stdin, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as ended:
        return Ended(None, "", f"{ended}", slow=True)
    finally:
        folder.chmod(0o755)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    spent = sum(float(m) * 60 + float(s) for m, s in re.findall(r"(\d+)m([\d.]+)s", out.rpartition("\n0m")[2]))
    code = done.returncode if "> /dev/full" not in streams and "head" not in streams else min(done.returncode, 2)
    return Ended(code, out, err, slow=spent > 2 * WITH_START)


def content(folder: Path) -> dict[str, object]:
    """What each file of a folder is."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            found[str(path.relative_to(folder))] = f"-> {os.readlink(path)}"
        else:
            found[str(path.relative_to(folder))] = path.read_bytes() if stat.S_ISREG(mode) else stat.S_IFMT(mode)
    return found


def targets(case: Case, folder: Path) -> set[str]:
    """The files that the command may write: those of `-o`, but for those that it reads."""
    words = case.arguments
    named = {word for before, word in pairwise(words) if before == "-o"}
    named |= {word[len(prefix) :] for word in words for prefix in ("-o=", "-o", "--output=") if word.startswith(prefix)}
    read = {os.path.realpath(folder / word) for word in words if word not in named and "\0" not in word}
    if case.configuration is not None and case.command == "check":
        read.add(os.path.realpath(folder / ".analyzer.toml"))
    alike = {os.path.realpath(folder / name) for name in ("ok.yaml", "hard.yaml")}
    if read & alike:
        read |= alike
    allowed = {os.path.realpath(folder / name) for name in named if "\0" not in name}
    return {os.path.relpath(path, os.path.realpath(folder)) for path in allowed - read}


def faults(
    case: Case, ended: Ended, before: dict[str, object], after: dict[str, object], may: set[str]
) -> Iterator[str]:
    """What is wrong with how a case ended."""
    if ended.slow:
        yield "it takes longer than 2 seconds"
    elif ended.code not in (0, 1, 2):
        yield f"exit code {ended.code}"
    if "Traceback" in ended.err and not ended.slow:
        yield "a traceback"
    if "internal error" in ended.err:
        yield "an internal error"
    for name, was in before.items():
        if name in after and after[name] != was and name not in may:
            yield f"{name!r} was changed"
        elif name not in after:
            yield f"{name!r} was lost"
    for name in after.keys() - before.keys():
        if ".part" in name:
            yield f"{name!r} was left behind"
        elif name not in may and name != "gone":
            yield f"{name!r} was written"


def run(case: Case, how: Callable[[Case, Path], Ended], place: Path) -> tuple[Ended, list[str]]:
    """Runs a case in a new folder."""
    folder = place / "case"
    folder.mkdir()
    try:
        case.fill(folder)
        before = content(folder)
        may = targets(case, folder)
        ended = how(case, folder)
        return ended, list(faults(case, ended, before, content(folder), may))
    finally:
        shutil.rmtree(folder)


def sources() -> list[str]:
    """The models that are mutated: examples, good and bad models of the tests, short ones more often."""
    paths = [
        *ROOT.glob("example_models/*.yaml"),
        *ROOT.glob("tests/good/*.yaml"),
        *ROOT.glob("tests/bad/*/*.yaml"),
        *ROOT.glob("tests/data/models/**/*.yaml"),
    ]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in sorted(paths)]
    return [OK, OK, *(text for text in texts if len(text) < 6_000)]


def saved_report() -> str:
    import analyzer

    return json.dumps(analyzer.analyze(OK).to_dict())


def store() -> bytes:
    """The store of a sweep over four widths."""
    with tempfile.TemporaryDirectory() as folder:
        model, path = Path(folder) / "ok.yaml", Path(folder) / "runs.sqlite"
        model.write_text(OK)
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
            guarded(["sweep", str(model), "--set", "w=1:4", "-o", str(path)])
        return path.read_bytes()


def shown(case: Case, ended: Ended) -> str:
    """A case in full."""
    parts = {
        "model": case.model,
        "configuration": case.configuration or "",
        "environment": str(case.environment),
        "code": str(ended.code),
    }
    parts |= {"out": ended.out[:2_000], "err": ended.err[-4_000:]}
    return "\n".join(f"--- {name}\n{text}" for name, text in parts.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--only", type=int)
    parser.add_argument("--processes", action="store_true")
    asked = parser.parse_args()
    known = Known()
    numbers = range(asked.first, asked.first + asked.count) if asked.only is None else [asked.only]
    codes: collections.Counter[object] = collections.Counter()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="fuzz") as place:
        for number in numbers:
            case = Case(asked.seed, number, known)
            ended, wrong = run(case, as_process if asked.processes else in_process, Path(place))
            codes[ended.code] += 1
            if asked.only is not None:
                print(" ".join(map(repr, ["analyzer", case.command, *case.arguments])), shown(case, ended), sep="\n")
            if wrong:
                failures += 1
                last = next((line for line in reversed(ended.err.splitlines()) if line.strip()), "")
                with contextlib.suppress(BrokenPipeError):
                    how = " --processes" if asked.processes else ""
                    print(f"{'; '.join(wrong)}: {[case.command, *case.arguments]} {last[:200]!r}")
                    print(f"    python benchmarks/fuzz.py --seed {asked.seed} --only {number}{how}", flush=True)
            if number % 1000 == 999:
                print(f"{number + 1} cases, {failures} failures", flush=True)
    print(f"{len(numbers)} cases, exit codes {dict(codes)}, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
