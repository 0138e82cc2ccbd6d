"""Makes `cases/`: the modules of `torch_modules.py` as programs of `torch.export`, with torch's own numbers.

    PYTHONPATH=. python tests/loader/formats/of_torch/make_cases.py [FAMILY ...]

It needs torch 2.13.0. A line is a program in the short form of `compact.py` and what torch says of it: the parameters
and the buffers with fractions that it reads, the MACs of `FlopCounterMode` for one sample, with attention as products
of matrices, and the shapes that it puts out. `custom` is whether it has an operator that no layer type is. A name that
ends in `.core` is a program after `run_decompositions`, kept where it has other operators than those before; one that
ends in `.two` reads a batch of two samples.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from compact import expanded, needed, shortened
from torch import nn
from torch._export.serde.serialize import serialize
from torch.utils import _pytree
from torch.utils.flop_counter import FlopCounterMode
from torch_modules import CUSTOM, DECOMPOSED, FAMILIES, UNBATCHED, UNCOUNTED, Numbers

from analyzer.loader.formats.pt2.program import program_of

CASES = Path(__file__).parent / "cases"

#: Longer lines are left out: the longest of modules, of decomposed ones, and of those with two samples.
LONGEST = {"": 5200, "core": 2500, "two": 480}


def arguments(shapes: list[Any], samples: int) -> list[torch.Tensor]:
    """What a module reads: zeros, with a batch of so many samples where a shape begins with 1."""
    made = []
    for shape in shapes:
        sizes = shape.shape if isinstance(shape, Numbers) else shape
        sizes = (samples, *sizes[1:]) if sizes[0] == 1 else sizes
        made.append(torch.zeros(sizes, dtype=torch.int64 if isinstance(shape, Numbers) else torch.float32))
    return made


def kept(module: nn.Module, program: Any) -> dict[str, int]:
    """The parameters and the buffers that a program reads."""
    read = {node.name for node in program.graph.nodes if node.op == "placeholder" and node.users}
    tensors = dict(module.named_parameters(remove_duplicate=False))
    tensors.update(module.named_buffers(remove_duplicate=False))
    specs = [spec for spec in program.graph_signature.input_specs if spec.arg.name in read and spec.target in tensors]
    found = {id(tensors[spec.target]): tensors[spec.target] for spec in specs}.values()
    return {
        "parameters": sum(one.numel() for one in found if isinstance(one, nn.Parameter)),
        "buffers": sum(one.numel() for one in found if not isinstance(one, nn.Parameter) and one.is_floating_point()),
    }


def run(module: nn.Module, given: list[torch.Tensor]) -> tuple[int, list[list[int]]]:
    """The MACs of a module, and the shapes that it puts out."""
    math = torch.nn.attention.SDPBackend.MATH
    with FlopCounterMode(display=False) as counter, torch.nn.attention.sdpa_kernel(math), torch.device("meta"):
        made = module.to("meta")(*(one.to("meta") for one in given))
    outputs = [list(one.shape) for one in _pytree.tree_leaves(made) if isinstance(one, torch.Tensor)]
    return counter.get_total_flops() // 2, outputs


def cases(name: str, build: Callable[[], nn.Module], shapes: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The programs of a module, and what torch says of each."""
    ready = build if name.endswith("_train") else lambda: build().eval()
    macs = UNCOUNTED.get(name, 0) or run(ready(), arguments(shapes, 1))[0]
    batched = name not in UNBATCHED and all((one.shape if isinstance(one, Numbers) else one)[0] == 1 for one in shapes)
    for word in ("", "core", *(["two"] if batched else [])):
        module, given = ready(), arguments(shapes, 2 if word == "two" else 1)
        program = torch.export.export(module, tuple(given), strict=False)
        program = program.run_decompositions() if word == "core" else program
        model = json.loads(serialize(program).exported_program)
        case = shortened(needed(model))
        model["torch_version"] = "2.13.0"
        inside = any(
            "as_graph" in given["arg"] for node in model["graph_module"]["graph"]["nodes"] for given in node["inputs"]
        )
        assert inside or repr(program_of(model)) == repr(program_of(expanded(json.loads(json.dumps(case))))), name
        numbers = {**kept(module, program), "macs": macs, "outputs": run(module, given)[1]}
        called = f"{name}.{word}" if word else name
        custom = {"custom": True} if name in CUSTOM and called not in DECOMPOSED else {}
        yield word, {"name": called, **numbers, **custom, **case}


def lines(family: Callable[[], Iterator[Any]], seen: set[str]) -> Iterator[str]:
    """The lines of a family; `seen` are the operators of the lines before."""
    for name, build, shapes in family():
        try:
            for word, case in cases(name, build, shapes):
                line = json.dumps(case, separators=(",", ":"))
                targets = {node[0] for node in case["nodes"]}
                if len(line) <= LONGEST[word] and not (word == "core" and targets <= seen):
                    seen |= targets
                    yield line
        except Exception as problem:
            print(f"{name}: {type(problem).__name__} {str(problem)[:200]!r}", file=sys.stderr)


if __name__ == "__main__":
    CASES.mkdir(exist_ok=True)
    operators: set[str] = set()
    for family in FAMILIES:
        if not sys.argv[1:] or family.__name__ in sys.argv[1:]:
            text = "\n".join(lines(family, operators)) + "\n"
            (CASES / f"{family.__name__}.jsonl").write_text(text)
            print(family.__name__, len(text), file=sys.stderr)
