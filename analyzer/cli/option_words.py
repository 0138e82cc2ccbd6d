"""Options as other tools call them, and what helps with an option that a command does not have."""

from __future__ import annotations

from collections.abc import Collection

from analyzer.cli.options import RUN_OPTIONS
from analyzer.diagnostics import nearest

#: Options that one command has, with the command; the review page has those of `RUN_OPTIONS` too.
OF_COMMANDS = {
    **dict.fromkeys((*RUN_OPTIONS, "--arena", "--ram", "--flash"), "memory"),
    **dict.fromkeys(
        ("--select", "--ignore", "--severity", "--skip-others", "--against", "--budget", "--explain"), "check"
    ),
    **dict.fromkeys(("--check", "--report", "--memory"), "schema"),
    "--flat": "convert",
    **dict.fromkeys(
        ("--random", "--amounts", "--largest", "--smallest", "--minimize", "--maximize", "--sensitivity", "--dask"), "sweep"
    ),
}  # fmt: skip

#: Options that only the report has, which has no name.
OF_REPORT = ("--fuse",)

#: What other tools call our options.
CALLED = {
    "amp": "autocast", "mixed-precision": "autocast", "mixed": "autocast", "fp16": "autocast=float16", "bf16": "autocast=bfloat16",
    "half": "autocast=float16", "precision": "dtype autocast", "data-type": "dtype", "type": "dtype", "float": "dtype",
    "quantize": "dtype", "bits": "dtype", "gpu": "device", "gpus": "ranks device", "cuda": "device", "card": "device",
    "vram": "device", "sram": "ram", "rom": "flash", "hardware": "device", "target": "device", "bs": "batch", "batch-size": "batch",
    "batchsize": "batch", "batches": "batch", "minibatch": "batch", "b": "batch", "n": "batch", "samples": "batch",
    "out": "output", "out-file": "output", "output-file": "output", "outfile": "output", "save": "output",
    "write": "output", "dest": "output", "to": "output", "export": "output", "optim": "optimizer", "opt": "optimizer",
    "optimiser": "optimizer", "solver": "optimizer", "wd": "weight-decay", "decay": "weight-decay", "criterion": "loss",
    "loss-function": "loss", "checkpointing": "checkpoint", "gradient-checkpointing": "checkpoint",
    "recompute": "checkpoint", "activation-checkpointing": "checkpoint", "remat": "checkpoint",
    "gradient-accumulation": "accumulate", "gradient-accumulation-steps": "accumulate", "grad-accum": "accumulate",
    "accumulate-grad-batches": "accumulate", "accumulation": "accumulate", "world-size": "ranks", "devices": "ranks",
    "num-gpus": "ranks", "ngpus": "ranks", "nproc-per-node": "ranks", "nodes": "ranks", "parallel": "strategy",
    "zero": "strategy", "sharding": "strategy", "fsdp": "strategy=fsdp", "ddp": "strategy=ddp", "zero-stage": "strategy",
    "deepspeed": "strategy", "channels-last": "layout=channels_last", "nhwc": "layout=channels_last",
    "memory-format": "layout", "data-format": "layout", "disable-tf32": "no-tf32", "fused": "fuse", "fusion": "fuse", "fold": "fuse", "fold-bn": "fuse", "fold-batch-norm": "fuse", "micro": "arena", "tflm": "arena", "mcu": "arena", "tflite": "arena", "inputs": "input",
    "input-size": "input", "input-shape": "input", "shape": "input", "size": "input", "img-size": "input",
    "imgsz": "input", "image-size": "input", "resolution": "input", "var": "set", "vars": "set", "variable": "set",
    "define": "set", "param": "set", "d": "set", "override": "set", "cols": "columns", "column": "columns",
    "fields": "columns", "col-names": "columns", "max-depth": "depth", "level": "depth", "levels": "depth",
    "limit": "top", "head": "top", "largest": "top", "sort-by": "sort", "order": "sort", "order-by": "sort",
    "q": "quiet", "silent": "quiet", "colour": "color", "colors": "color", "ansi": "color", "fmt": "format", "output-format": "format to", "format": "to",
    "as": "format", "json": "format=json", "csv": "format=csv", "markdown": "format=markdown", "html": "format=html", "latex": "format=latex",
    "mermaid": "format=mermaid", "mmd": "format=mermaid", "dot": "format=dot", "graphviz": "format=dot",
    "table": "format=table", "sarif": "format=sarif", "sharing": "mode", "weights": "mode", "view": "mode", "exclude": "ignore",
    "disable": "ignore", "skip": "ignore", "enable": "select", "only": "select", "rules": "list", "checks": "list",
    "level-of-severity": "severity", "min-severity": "severity", "fail-on": "severity", "warn-only": "exit-zero",
    "no-fail": "exit-zero", "baseline": "against", "base": "against", "compare": "against", "diff": "against",
    "limits": "budget", "max-params": "budget", "explain-code": "explain", "columns-width": "width", "cols-width": "width",
    "jobs": "workers", "j": "workers", "n-jobs": "workers", "processes": "workers", "trials": "random", "n-trials": "random",
    "pareto": "minimize", "front": "minimize", "objective": "minimize", "objectives": "minimize", "constraint": "budget",
    "constraints": "budget", "metrics": "amounts", "store": "output", "database": "output", "cluster": "dask", "scheduler": "dask",
    "line-length": "width", "term-width": "width", "no-configuration": "no-config", "isolated": "no-config",
}  # fmt: skip

_NOTHING = "it changes no shape, no cost and no memory: leave it out"
_ANSWER = "messages are as long as they need to be: leave it out"

#: Options of other tools without a counterpart, with what to do.
ABSENT = {
    **dict.fromkeys(("lr", "learning-rate", "epochs", "momentum", "seed", "workers", "num-workers", "pretrained"), _NOTHING),
    **dict.fromkeys(("verbose", "v", "debug", "log-level"), _ANSWER),
    **dict.fromkeys(("config", "c", "cfg"), "the configuration is the nearest .analyzer.toml or pyproject.toml"),
    **dict.fromkeys(("model", "file", "f", "m", "yaml", "network", "input-file"), "model files need no option: name them alone"),
    **dict.fromkeys(("tf32", "allow-tf32"), "convolutions run in TF32 where the card has it, as in torch; `--no-tf32` says no"),
    **dict.fromkeys(("fix", "write-changes"), "no command changes a model"),
    **dict.fromkeys(("recursive", "r"), "`analyzer check FOLDER` reads a folder with those in it"),
    **dict.fromkeys(("flops", "params", "macs", "summary", "all", "full"), "the table has them: leave it out"),
}  # fmt: skip


def option_help(name: str, known: Collection[str]) -> str | None:
    """What helps with an unknown option: its name here, what to do without one, or the nearest option.

    `known` are the options of the command.

    >>> option_help("--bs", ["--batch"]), option_help("--gpu", ["--batch"])
    ('did you mean `--batch`?', '`analyzer memory` has `--device`')
    """
    word = name.lstrip("-").lower().replace("_", "-")
    meant = [f"--{one.replace('=', ' ')}" for one in CALLED.get(word, "").split()]
    here = next((one for one in meant if one.partition(" ")[0] in known), None)
    if here is not None:
        return f"did you mean `{here}`?"
    there = [one for one in (*meant, name) if one.partition(" ")[0] in OF_COMMANDS]
    if there:
        return f"`analyzer {OF_COMMANDS[there[0].partition(' ')[0]]}` has `{there[0]}`"
    of_report = next((one for one in (*meant, name) if one in OF_REPORT), None)
    if of_report is not None:
        return f"`analyzer FILE` has `{of_report}`"
    if word in ABSENT:
        return ABSENT[word]
    near = nearest(name, [one for one in known if one.startswith("--")])
    return f"did you mean `{near}`?" if near else None
