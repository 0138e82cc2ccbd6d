"""Do the tests notice a mistake? A sample of mutants, each run against the tests of its room.

    python benchmarks/mutants.py --seed 10 --sample 400    # prints the survivors and the score; about an hour
    python benchmarks/mutants.py --rooms engine --sample 60
    python benchmarks/mutants.py --seed 10 --sample 400 --survivors   # what earlier runs of this sample left alive

A mutant is the package with one small change (`mutators.py` lists them). It is killed where a test of its room fails or
runs out of time, and survives where all pass. Score = killed ÷ (all − equivalent): `mutants_equivalent.json` lists
changes that no test could notice, each with its reason.

First every room's tests run once, to note which functions each test calls (`--retrace` does it again). A mutant is then
run against the tests that call its function, the quickest first, up to the first that fails; one outside functions
against the tests that call anything of its file. `--thorough` runs survivors against the whole room too. Results are
kept in `--work`, so that a run can be continued; mutants of functions that changed since are run again. Not a part of CI. It
works in copies of the tree, in two processes of low priority. It needs Python 3.11.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mutators import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.json")

#: Seconds that the tests of one mutant may take beyond what they take without it, times three.
PATIENCE = 60
#: Bytes of memory that a test may use, so that a mutant that collects for ever ends.
MEMORY = 4 << 30


class Room(NamedTuple):
    """Files to change, and the tests that must notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


#: Tests by their name: seconds, and the functions of the package that they call.
Tests = dict[str, tuple[float, list[str]]]

ROOMS = {
    "layers": Room(("analyzer/layers/**/*.py",), ("tests/layers", "tests/engine/test_receptive_field.py")),
    "engine": Room(("analyzer/engine/*.py",), ("tests/engine", "tests/layers/test_cases.py")),
    "memory": Room(("analyzer/engine/*/**/*.py",), ("tests/engine", "tests/layers/test_saved.py", "tests/cli/test_memory.py")),
    "checks": Room(("analyzer/checks/**/*.py",), ("tests/checks", "tests/cli/test_check.py", "tests/cli/test_check_budgets.py")),
    "columns": Room(
        ("analyzer/reporter/analysis/columns.py", "analyzer/reporter/**/fold.py", "analyzer/reporter/**/rank.py"),
        ("tests/reporter/test_columns.py", "tests/reporter/test_report_table.py"),
    ),
}  # fmt: skip


def sources(room: str, root: Path) -> list[Path]:
    """The files of a room that are changed."""
    return sorted({path for pattern in ROOMS[room].files for path in root.glob(pattern) if path.is_file()})


def sample(rooms: Iterable[str], size: int, seed: int) -> list[tuple[str, Mutant]]:
    """Mutants of these rooms, drawn evenly from all that there are.

    The seed gives each mutant a number that depends on the change, its function and its file, and the least are drawn:
    the sample stays the same where other code changes.
    """
    numbered = []
    seen: Counter[str] = Counter()
    for room in rooms:
        for path in sources(room, ROOT):
            for mutant in mutants_of(str(path.relative_to(ROOT)), path.read_text("utf-8")):
                name = "|".join((mutant.path, mutant.function, mutant.before, mutant.text))
                seen[name] += 1
                number = hashlib.sha256(f"{seed}|{name}|{seen[name]}".encode()).hexdigest()
                numbered.append((number, room, mutant))
    drawn = sorted(numbered)[:size]
    print(f"{len(drawn)} of {len(numbered):,} mutants of {', '.join(rooms)}; seed {seed}", flush=True)
    return [(room, mutant) for _, room, mutant in drawn]


# --- running tests in a process of their own -------------------------------------------------------------------------


class Chosen:
    """A pytest plugin: runs these tests in this order, and notes the first that fails."""

    def __init__(self, wanted: list[str] | None) -> None:
        self.wanted = wanted
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.wanted is not None:
            order = {name: place for place, name in enumerate(self.wanted)}
            items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


class Traced(Chosen):
    """Also notes the functions of the package that each test calls, by file and first line, and how long it takes."""

    def __init__(self, root: Path, stream: Any) -> None:
        super().__init__(None)
        self.stream = stream
        self.package = str(root / "analyzer")
        self.cut = len(str(root)) + 1
        self.tests: Tests = {}
        self.red: set[str] = set()

    def pytest_runtest_protocol(self, item: Any) -> None:
        seen: set[Any] = set()
        self.seen, self.started = seen, time.perf_counter()
        sys.settrace(lambda frame, event, value: seen.add(frame.f_code))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.red.add(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        sys.settrace(None)
        if nodeid in self.red:  # it fails without a mutant too, and says nothing about one
            print(f"left out, as it fails without a mutant: {nodeid}", file=self.stream, flush=True)
            return
        own = (code for code in self.seen if code.co_filename.startswith(self.package))
        called = sorted({f"{code.co_filename[self.cut :]}:{named(code.co_qualname)}" for code in own})
        self.tests[nodeid] = time.perf_counter() - self.started, called


def named(qualified: str) -> str:
    """The name of a function as `Mutant.function` has it; what is inside a comprehension is in its function."""
    parts = [part for part in qualified.split(".") if part != "<locals>"]
    return ".".join(part for part in parts if part == "<lambda>" or not part.startswith("<"))


def in_child(work: Callable[[Any], int], seconds: float) -> tuple[int, str]:
    """Runs `work` in a fork, which writes to the stream that it is given; its exit code, −1 out of time, and the text."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        os.setpgrp()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = 3
        try:
            with os.fdopen(writer, "w") as stream:
                code = work(stream)
        finally:
            os._exit(code)
    os.close(writer)
    until = time.monotonic() + seconds
    with os.fdopen(reader) as stream:
        status = None
        while status is None and time.monotonic() < until:
            ended, found = os.waitpid(child, os.WNOHANG)
            status = found if ended else time.sleep(0.05)  # type: ignore[func-returns-value]
        if status is None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return -1, ""
        return os.waitstatus_to_exitcode(status), stream.read()


def run_tests(root: Path, paths: Iterable[str], plugin: Chosen, *more: str) -> int:
    """Runs tests of the tree at `root` in this process, silently."""
    import pytest

    os.chdir(root)
    sys.path.insert(0, str(root))
    os.environ["PYTHONPATH"] = str(root)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    flags = ("-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler", *more)
    return int(pytest.main([*flags, *paths], plugins=[plugin]))


def test_files(room: str, root: Path) -> list[str]:
    """The test files of a room, by their path in the tree."""
    found = [root / path for path in ROOMS[room].tests]
    files = {file for path in found for file in ([path] if path.is_file() else path.rglob("test_*.py"))}
    return sorted(str(file.relative_to(root)) for file in files)


def note_name(file: str) -> str:
    """The name of the notes about a test file as it is now."""
    return f"{file.replace('/', '-')}-{hashlib.sha256((ROOT / file).read_bytes()).hexdigest()[:12]}.json"


def trace_into(notes: Path, file: str, root: Path) -> None:
    """Notes what the tests of one file call, and how long they take."""

    def work(stream: Any) -> int:
        plugin = Traced(root, stream)
        run_tests(root, [file], plugin)
        notes.write_text(json.dumps(plugin.tests))  # more than a pipe holds
        return 0

    print(in_child(work, 3600)[1], end="", flush=True)


def traced(rooms: Iterable[str], given: Any) -> dict[str, Tests]:
    """For every room its tests, each with its seconds and the functions that it calls."""
    files = {room: test_files(room, ROOT) for room in rooms}
    notes = {file: given.work / "notes" / note_name(file) for each in files.values() for file in each}
    missing = [file for file in notes if given.retrace or not notes[file].exists()]
    (given.work / "notes").mkdir(exist_ok=True)

    def work(number: int) -> None:
        for file in missing[number :: given.processes]:
            trace_into(notes[file], file, roots[number])

    if missing:
        roots = [copied(given.work / f"tree{number}") for number in range(given.processes)]
        in_processes(given.processes, work)
    found = {file: json.loads(path.read_text()) for file, path in notes.items()}
    return {room: {name: seen for file in each for name, seen in found[file].items()} for room, each in files.items()}


def fitting(mutant: Mutant, tests: Tests) -> list[str]:
    """The tests that call the function of a mutant, or anything of its file where none does; the quickest first."""
    place = f"{mutant.path}:{mutant.function}"
    calls = [(seconds, name) for name, (seconds, called) in tests.items() if place in called] if mutant.called else []
    if not calls:
        file = f"{mutant.path}:"
        calls = [(took, name) for name, (took, called) in tests.items() if any(one.startswith(file) for one in called)]
    if not calls:  # the file is newer than the notes
        calls = [(took, name) for name, (took, _) in tests.items()]
    return [name for _, name in sorted(calls)]


def judged(room: str, mutant: Mutant, root: Path, tests: Tests, *, thorough: bool) -> dict[str, Any]:
    """Whether the tests notice the mutant, and which of them does."""
    path = root / mutant.path
    original = path.read_bytes()
    started = time.monotonic()
    chosen = fitting(mutant, tests)
    try:
        path.write_bytes(mutant.applied(original))
        forget(path)
        result, by = ("survived", "") if not chosen else attempt(root, _files(chosen), chosen, tests)
        if result == "survived" and thorough:
            others = sorted(set(tests) - set(chosen), key=lambda name: tests[name][0])
            result, by = attempt(root, _files(others), others, tests)
    finally:
        path.write_bytes(original)
        forget(path)
    return {"result": result, "by": by, "tests": len(chosen), "seconds": round(time.monotonic() - started, 1)}


def forget(path: Path) -> None:
    """Removes the compiled form, which Python takes for fresh where size and second are the same."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def _files(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition("::")[0] for name in names))


def attempt(root: Path, paths: Iterable[str], chosen: list[str], tests: Tests) -> tuple[str, str]:
    """Runs tests of a changed tree up to the first that fails."""
    usual = sum(tests[name][0] for name in chosen)

    def work(stream: Any) -> int:
        plugin = Chosen(chosen)
        code = run_tests(root, paths, plugin, "-x")
        stream.write(plugin.failed)
        return code

    code, failed = in_child(work, PATIENCE + 3 * usual)
    if code in (0, 5):
        return "survived", ""
    return ("killed", failed or "an import") if code > 0 else ("killed", "out of time")


# --- all mutants of a sample -----------------------------------------------------------------------------------------


def kept_results(path: Path) -> dict[str, dict[str, Any]]:
    """Earlier results, by the key of the mutant."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {(record := json.loads(line))["key"]: record for line in lines}


def copied(to: Path) -> Path:
    """A copy of what the tests need."""
    if to.exists():
        shutil.rmtree(to)
    left_out = shutil.ignore_patterns(".git", ".*cache", "build", "dist", "*.egg-info", "shared")
    shutil.copytree(ROOT, to, ignore=left_out, symlinks=True)
    return to


def worker(number: int, of: int, drawn: list[tuple[str, Mutant]], tests: dict[str, Any], given: Any) -> None:
    """Judges every `of`-th mutant in a tree of its own."""
    root = copied(given.work / f"tree{number}")
    for room, mutant in drawn[number::of]:
        found = judged(room, mutant, root, tests[room], thorough=given.thorough)
        record = {"key": mutant.key, "room": room, **mutant._asdict(), **found}
        with (given.work / "results.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
        print(f"{record['result']:<9}{record['seconds']:6.1f} s  {mutant.path}:{mutant.line} {mutant.text}", flush=True)


def equivalent() -> dict[tuple[str, str, str, str], str]:
    """Changes that no test could notice, with the reason, by file, function, what was there and what replaces it."""
    listed = json.loads(EQUIVALENT.read_text("utf-8")) if EQUIVALENT.exists() else []
    return {(one["path"], one["function"], one["before"], one["text"]): one["reason"] for one in listed}


def report(drawn: list[tuple[str, Mutant]], results: dict[str, dict[str, Any]]) -> None:
    """The survivors and the score."""
    same, alive, killed, ran = equivalent(), [], 0, 0
    excused: dict[str, int] = {}
    by_room: dict[str, list[int]] = {}
    for room, mutant in drawn:
        record = results.get(mutant.key)
        if record is None:
            continue
        ran += 1
        line = by_room.setdefault(room, [0, 0, 0])
        if record["result"] == "killed":
            killed += 1
            line[0] += 1
        elif (mutant.path, mutant.function, mutant.before, mutant.text) in same:
            excused[room] = excused.get(room, 0) + 1
            line[1] += 1
        else:
            alive.append(mutant)
            line[2] += 1
    for mutant in sorted(alive):
        print(f"survives  {mutant.path}:{mutant.line} ({mutant.function}; {mutant.operator})")
        print(f"    {mutant.before}\n  → {mutant.text}")
    for room, (dead, excuse, left) in by_room.items():
        print(f"{room:<8} {dead} killed, {excuse} equivalent, {left} survive")
    known = sum(excused.values())
    score = 100 * killed / max(ran - known, 1)
    print(f"score {score:.1f} %: {killed} killed of {ran} − {known} equivalent")


def main() -> None:
    """Runs what has not run yet of a sample, and reports."""
    parser = argparse.ArgumentParser(description="a sample of mutants, each run against the tests of its room")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("/tmp/mutants"), help="where copies and results are kept")
    parser.add_argument("--retrace", action="store_true", help="note again which functions each test calls")
    parser.add_argument(
        "--thorough", action="store_true", help="run survivors against the whole room, earlier ones too"
    )
    parser.add_argument("--survivors", action="store_true", help="run nothing, report what is kept")
    given = parser.parse_args()
    os.nice(10)
    given.work.mkdir(parents=True, exist_ok=True)
    drawn = sample(given.rooms, given.sample, given.seed)
    results = kept_results(given.work / "results.jsonl")
    if not given.survivors:
        settled = {"killed"} if given.thorough else {"killed", "survived"}
        waiting = [one for one in drawn if results.get(one[1].key, {}).get("result") not in settled]
        run_all(waiting, given)
        results = kept_results(given.work / "results.jsonl")
    report(drawn, results)


def run_all(drawn: list[tuple[str, Mutant]], given: Any) -> None:
    """Judges the mutants, in processes that share them."""
    import hypothesis  # noqa: F401
    import jsonschema  # noqa: F401
    import pytest  # noqa: F401
    import yaml  # noqa: F401  imported once, so that no fork has to

    tests = traced(dict.fromkeys(room for room, _ in drawn), given)
    in_processes(given.processes, lambda number: worker(number, given.processes, drawn, tests, given))


def in_processes(number: int, work: Callable[[int], None]) -> None:
    """Runs `work` in so many forks at once, each with its number."""
    children = []
    for place in range(number):
        child = os.fork()
        if not child:
            code = 1
            try:
                work(place)
                code = 0
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", flush=True)
            finally:
                os._exit(code)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
