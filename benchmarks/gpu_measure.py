"""Measures what networks take on a GPU: the rows that `memory_accuracy.py --gpu --rows FILE.json` holds the model against.

    python benchmarks/gpu_measure.py --networks resnet50,vgg16 --batches 8,32 --modes fp32,amp_bf16 --out FILE.json
    python benchmarks/gpu_measure.py --kinds maxbatch --networks resnet50 --caps 8,16 --out FILE.json
    python benchmarks/gpu_measure.py --operations --out FILE.json     # the convolutions of tests/data/gpu/ops.json again
    python benchmarks/gpu_measure.py --dry-run --networks unet --out FILE.json

It needs a checkout, a CUDA device that nothing else uses, torch, and torchvision for its networks; `unet` is the one of
tests/data/memory/unet.yaml. Rows have the form of tests/data/gpu/steps.json, those of `--operations` that of ops.json.
The file is written again after each row, whole, and a row that it has is not measured again. What finds no room is named
and has no row. `--dry-run` needs no device: tensors have shapes and nothing is calculated, and each counter is 0.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from gpu_kinds import KINDS, ROOT, Memory, Row, check, in_room, operation
from gpu_rows import MODES

OPERATIONS = ROOT / "tests" / "data" / "gpu" / "ops.json"

SCHEMA = (
    "bytes of the caching allocator, and `env` says where; peak_requested is what tensors and libraries asked for, "
    "peak_allocated rounds to 512, peak_reserved what the allocator took from the device; base_allocated what was alive "
    "before the model (cuBLAS workspaces), before what was alive before the pass. mode: fp32 (convolutions in TF32, as "
    "torch does by default), _notf32 (without), amp_bf16, amp_fp16 (autocast), bf16 (input and parameters), _cl "
    "channels_last. benchmark: torch.backends.cudnn.benchmark. optimizer sgdm is SGD, momentum 0.9, weight decay 1e-4; "
    "adam, adamw as they come; foreach. train: three steps, phase_peaks and saved of the last; gradients set to none. "
    "infer: the second pass. maxbatch: the largest batch of two steps under a cap of cap_gib on the allocator, context "
    "apart"
)

SOURCE = "one convolution at a time, its second run; bytes that the caching allocator was asked for"


class Rows:
    """The rows of a file: those that it has, and those that are measured now. Raises ValueError at another's file."""

    def __init__(self, path: Path, head: Row) -> None:
        self.path, self.head = path, head
        self.rows: list[Any] = []
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            self.rows = found.pop("rows", []) if isinstance(found, dict) else []
            if found != head:
                raise ValueError(f"{path} was measured elsewhere or is of another kind; choose another file")

    def has(self, what: Any) -> bool:
        """Whether there is a row of this."""
        if isinstance(what, dict):
            return any({"benchmark": False, **what}.items() <= {"benchmark": False, **row}.items() for row in self.rows)
        return any(row[: len(what)] == what for row in self.rows)

    def add(self, row: Any) -> None:
        """Writes the file with one more row: beside it first, so that it is whole at any time."""
        self.rows.append(row)
        head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in self.head.items())
        rows = ",\n".join(json.dumps(one, separators=(",", ":")) for one in self.rows)
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_text(f'{{\n{head},\n"rows": [\n{rows}\n]\n}}\n', encoding="utf-8")
        part.replace(self.path)


def requests(asked: argparse.Namespace) -> Iterator[Row]:
    """What each row is asked for, the context first: later it would have more kernels in it."""
    more = {"benchmark": True} if asked.benchmark else {}
    if "context" in asked.kinds:
        yield {"kind": "context", **more}
    for mode in asked.modes:
        for name in asked.networks:
            for batch in asked.batches if "train" in asked.kinds else ():
                for optimizer in asked.optimizers:
                    yield {"kind": "train", "model": name, "batch": batch, "optimizer": optimizer, "mode": mode, **more}
            for batch in asked.batches if "infer" in asked.kinds else ():
                yield {"kind": "infer", "model": name, "batch": batch, "mode": mode, **more}
            for cap in asked.caps if "maxbatch" in asked.kinds else ():
                one = {"kind": "maxbatch", "model": name, "optimizer": asked.optimizers[0], "mode": mode}
                yield {**one, **more, "cap_gib": cap}


def keep(file: Rows, jobs: Iterator[tuple[Any, Callable[[], Any]]]) -> Iterator[str]:
    """Measures what the file does not have, and adds it; a line for each."""
    for what, measure in jobs:
        if not file.has(what):
            found = in_room(measure)
            if found is not None:
                file.add({**what, **found} if isinstance(what, dict) else [*what, *found])
            yield f"{what}: {'no room' if found is None else found}"


def of_networks(memory: Memory, asked: argparse.Namespace) -> Iterator[str]:
    """Measures networks."""
    file = Rows(asked.out, {"env": memory.env(), "schema": SCHEMA})
    return keep(file, ((one, partial(KINDS[one["kind"]], memory, one)) for one in requests(asked)))


def of_operations(memory: Memory, asked: argparse.Namespace) -> Iterator[str]:
    """Measures the convolutions of ops.json."""
    known = json.loads(OPERATIONS.read_text(encoding="utf-8"))
    file = Rows(asked.out, {"source": SOURCE, "env": memory.env(), "columns": known["columns"]})
    return keep(file, ((one, partial(operation, memory, one)) for *one, _, _ in known["rows"]))


def listed(kind: Callable[[str], Any], known: Collection[str] = ()) -> Callable[[str], list[Any]]:
    """Reads words with commas between them; each is one of those that are known, if any are."""

    def read(text: str) -> list[Any]:
        words = text.split(",")
        for word in words:
            if known and word not in known:
                raise argparse.ArgumentTypeError(f"`{word}` is not one of {', '.join(known)}")
        try:
            return [kind(word) for word in words]
        except ValueError:
            raise argparse.ArgumentTypeError(f"`{text}` has no numbers with commas between them") from None

    return read


def options() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FILE.json", help="where the rows are kept")
    add("--networks", type=listed(str), default="resnet50,vgg16", help="of torchvision, and unet")
    add("--batches", type=listed(int), default="8,32", help="of training and inference")
    add("--modes", type=listed(str, MODES), default="fp32,amp_bf16,amp_bf16_cl", help=", ".join(MODES))
    add("--kinds", type=listed(str, KINDS), default="train,infer,maxbatch,context", help=", ".join(KINDS))
    add("--optimizers", type=listed(str, ("sgd", "sgdm", "adam", "adamw")), default="sgdm", help="of training")
    add("--caps", type=listed(float), default="8,16,24", help="GiB that the allocator may take, for maxbatch")
    add("--benchmark", action="store_true", help="cuDNN tries its algorithms first (torch.backends.cudnn.benchmark)")
    add("--operations", action="store_true", help="single convolutions in place of networks")
    add("--dry-run", action="store_true", help="no device is needed, and each counter is 0")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Measures, and prints a line for each row."""
    parser = options()
    asked = parser.parse_args(arguments)
    if not asked.dry_run and not torch.cuda.is_available():
        parser.error("torch finds no CUDA device; --dry-run needs none")
    torch.backends.cudnn.benchmark = asked.benchmark
    memory = Memory(dry=asked.dry_run)
    try:
        if not asked.operations:
            for name in asked.networks:
                check(name)
        for line in (of_operations if asked.operations else of_networks)(memory, asked):
            print(line, flush=True)
    except (ImportError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
