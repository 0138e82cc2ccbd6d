"""`analyzer convert` on any files: how many keep the laws, how long the results are, and how long it takes.

    python benchmarks/convert.py                          # the examples and the tests' files
    python benchmarks/convert.py ~/networks ~/cfgs        # each folder is a corpus: YAML, ONNX, .pt2, Keras, Darknet, Caffe
    python benchmarks/convert.py --to torch --python PATH # writes code too, and runs it in a Python that has torch (or Keras)
    KERAS_BACKEND=torch python benchmarks/convert.py --to keras --python PATH
    python benchmarks/convert.py --check                  # exits 1 where a law is broken or a limit is missed

The laws are those of `tests/loader/writing/laws.py`: the numbers of the JSON report, what is kept, `analyzer diff`, and
the same text when it is converted again. Lines are counted without comments and blank ones. Code is right where its own
check passes (parameters and outputs, on the device `meta`), and torch's FlopCounterMode counts the MACs of the report.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "loader" / "writing"), str(ROOT / "benchmarks")]

from imports import ENDINGS, INPUTS, LIGHT  # noqa: E402
from laws import broken  # noqa: E402

import analyzer  # noqa: E402

USUAL = ("example_models", "tests/good", "tests/data/foreign", "tests/data/models", "tests/data/memory")

#: The inputs of files that leave a size open, beside those of `imports.py`.
OPEN: dict[str, dict[str, str] | str] = {"shuffle.onnx": "48x64x3", "siamese.prototxt": "28x28x2"}

#: The most lines of folded YAML for a network, by a pattern of its file's name.
LIMITS = {
    r"resnet_?50(?!.*v2)": ("ResNet-50", 80),
    r"vit_b_?16": ("ViT-B/16", 80),
    r"mobilenet_?v2": ("MobileNetV2", 90),
    r"densenet_?121": ("DenseNet-121", 70),
    r"inception_?v3": ("Inception-v3", 220),
}

#: Runs files of code one after the other, and says what is wrong with each.
DRIVER = """
import contextlib, io, json, runpy, sys
def macs(path):
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    names = runpy.run_path(path)
    counter = FlopCounterMode(display=False)
    with counter, contextlib.redirect_stdout(io.StringIO()):
        names["main"]()
    return counter.get_total_flops() // 2
for path in sys.argv[2:]:
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(path, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        code, said = 1, io.StringIO(f"{type(error).__name__}: {error}")
    counted = None
    if code in (0, None) and sys.argv[1] == "torch":
        try:
            counted = macs(path)
        except Exception:
            pass
    print(json.dumps([path, code in (0, None), said.getvalue()[-300:], counted]), flush=True)
"""


def files(corpus: Path) -> list[Path]:
    """The files of a corpus that may be networks."""
    found = [corpus] if corpus.is_file() else corpus.rglob("*")
    endings = (*ENDINGS, ".yaml", ".yml", ".prototxt")
    known = sorted(path for path in found if path.suffix.lower() in endings and path.name != "expected.json")
    return [path for path in known if "backend/test" not in path.as_posix() or LIGHT in path.as_posix()]


def settings(path: Path) -> dict[str, Any]:
    """What a network that leaves sizes open is given."""
    given = next((given for part, (given, _) in INPUTS.items() if part in path.as_posix()), OPEN.get(path.name))
    return {} if given is None else {"input": given}


def lines(text: str) -> int:
    """The lines of a text, without comments and blank ones."""
    return sum(1 for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))


def converted(path: Path, **asked: Any) -> str | None:
    """A file's conversion; None for one that is no valid network."""
    try:
        return analyzer.convert(path, **asked, **settings(path))
    except (analyzer.ModelError, analyzer.FileError, analyzer.SettingError):
        return None


def laws(corpus: Path, *, flat: bool) -> Iterator[str]:
    """What breaks a law in a corpus; prints its sums, and the lines of the networks that have a limit."""
    said: Counter[str] = Counter()
    counts = []
    for path in files(corpus):
        text = converted(path, flat=flat)
        if text is None:
            said["no network"] += 1
            continue
        found = list(broken(path, text, flat=flat, **settings(path)))
        said["broken" if found else "keep the laws"] += 1
        counts.append(lines(text))
        yield from (f"{path}: {one[:300]}" for one in found[:3])
        if not flat:
            yield from _limits(path, lines(text))
    form = "flat  " if flat else "folded"
    median = f", median of {statistics.median(counts):g} lines" if counts else ""
    print(f"{form} {corpus}: {', '.join(f'{count} {what}' for what, count in said.items())}{median}", flush=True)


def _limits(path: Path, count: int) -> Iterator[str]:
    for pattern, (name, most) in LIMITS.items():
        if re.match(pattern, path.name, re.IGNORECASE):
            print(f"       {name}, {path.name}: {count} lines of at most {most}", flush=True)
            if count > most and path.suffix not in (".yaml", ".yml"):
                yield f"{path}: {count} lines, more than {most}"


def code(corpus: Path, to: str, python: str) -> Iterator[str]:
    """What is wrong with code of a corpus; prints how many files are right, and which types are refused."""
    refused: Counter[str] = Counter()
    expected: dict[str, tuple[Path, int]] = {}
    right = counts = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(files(corpus)):
            if converted(path, flat=True) is None:
                continue
            try:
                text = analyzer.convert(path, to, **settings(path))
            except analyzer.ModelError as error:
                refused.update({found.message.split("`, a `")[-1].split("`")[0] for found in error.diagnostics})
                continue
            written = Path(folder) / f"net{number}.py"
            written.write_text(text, encoding="utf-8")
            expected[str(written)] = path, int(_analysis(path).totals.macs)
        for written_path, good, said, counted in _run(to, python, list(expected)):
            path, macs = expected[written_path]
            counts += counted is not None
            if not good:
                yield f"{path}: {said.strip()}"
            elif counted not in (None, macs):
                yield f"{path}: {macs:,} MACs, but torch counts {counted:,}"
            else:
                right += 1
    missing = ", ".join(f"{type} in {times}" for type, times in refused.most_common()) or "no type"
    print(
        f"{to:6} {corpus}: {right} of {len(expected)} files of code are right, torch counted {counts}; refused: {missing}",
        flush=True,
    )


def _analysis(path: Path) -> analyzer.Analysis:
    return analyzer.analyze(path, **settings(path))


def _run(to: str, python: str, paths: Sequence[str]) -> Iterator[tuple[str, bool, str, int | None]]:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", DRIVER, to, *paths], stdout=subprocess.PIPE, text=True, check=False
    )
    for line in done.stdout.splitlines():
        path, good, said, counted = json.loads(line)
        yield path, good, said, counted


def times() -> Iterator[str]:
    """What takes too long; prints seconds."""
    resnet = analyzer.convert(ROOT / "example_models" / "resnet.yaml", flat=True, set={"depth": 152})
    for flat in (False, True):
        form = "flat  " if flat else "folded"
        seconds = _seconds(resnet, flat=flat)
        print(f"{form} ResNet-152 from its {lines(resnet):,} lines: {seconds:.2f} s")
        if seconds > 1:
            yield f"ResNet-152 takes {seconds:.2f} s"
        small, large = (_seconds(_residuals(count), flat=flat) for count in (5_000, 10_000))
        print(f"{form} 5,000 layers {small:.2f} s, 10,000 layers {large:.2f} s: {large / small:.2f} times as long")
        if large > 2.2 * small:
            yield f"10,000 layers take {large / small:.2f} times as long as 5,000"


def _seconds(text: str, *, flat: bool) -> float:
    """The least of three times."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        analyzer.convert(text, flat=flat)
        found.append(time.perf_counter() - start)
    return min(found)


def _residuals(layers: int) -> str:
    """A network of so many layers in residual blocks of five, whose widths differ, one line for each layer."""
    found, width, above = ["input: 8x8x16", "layers:"], 16, "input"
    for block in range(layers // 5):
        wider = width if block % 50 else width + 1
        body = [f"conv: {{filters: {width}, kernel: 3, padding: 1}}", "batch_norm", "relu"]
        if wider != width:
            body = [f"conv: {{filters: {wider}, kernel: 3, padding: 1}}", *body[1:]]
        names = [f"b{block}.{number}" for number in range(len(body))]
        for name, layer in zip(names, body, strict=True):
            found += (
                [f"  - {layer}", f'    name: "{name}"'] if ":" in layer else [f"  - {layer}:", f'    name: "{name}"']
            )
        if wider == width:
            found += [f'  - add: ["{names[-1]}", "{above}"]', f'    name: "b{block}.add"']
        else:
            found += [f"  - conv: {{filters: {wider}, kernel: 1}}", f'    name: "b{block}.add"']
        found += ["  - relu:", f'    name: "b{block}.end"']
        width, above = wider, f"b{block}.end"
    return "\n".join([*found, ""])


def main() -> int:
    """Prints what was measured, and what is wrong; 1 with `--check` where something is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpora", nargs="*", type=Path, help="folders or files")
    parser.add_argument("--to", choices=("torch", "keras"), help="code to write and run too")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs the code")
    parser.add_argument("--form", choices=("folded", "flat"), help="only this form of YAML")
    parser.add_argument("--check", action="store_true", help="exit 1 where a law is broken or a limit is missed")
    asked = parser.parse_args()
    wrong: list[str] = []
    for corpus in asked.corpora or [ROOT / name for name in USUAL]:
        for flat in (False, True):
            if asked.form in (None, "flat" if flat else "folded"):
                wrong += laws(corpus, flat=flat)
        if asked.to is not None:
            wrong += code(corpus, asked.to, asked.python)
    wrong += times()
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if asked.check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
