"""Files made to hurt: each ends in a clear error or a right result, within three seconds and 300 MB, without a traceback.

Every file is read by a process of its own, whose processor time and largest memory the system tells us.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

#: Each takes less than two seconds where nothing else runs.
SECONDS, MEGABYTES = 3.0, 300

#: No message needs more: findings beyond a number are counted, long texts shortened.
MOST_OUTPUT = 200_000


class Ended(NamedTuple):
    """How a run of the command ended."""

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


#: A small process between: a child begins with the largest memory of its parent, and the test's own is large.
MEASURE = """
import os, sys
pid = os.posix_spawn(sys.executable, [sys.executable, "-m", "analyzer", *sys.argv[2:]], os.environ)
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as stream:
    print(os.waitstatus_to_exitcode(status), used.ru_utime, used.ru_maxrss, file=stream)
"""


def run(path: Path, *arguments: str) -> Ended:
    """Runs the command on a file; a run that took too long is repeated, since a busy machine slows every process."""
    for _ in range(3):
        ended = _run_once(path, *arguments)
        if ended.seconds < SECONDS:
            break
    return ended


def _run_once(path: Path, *arguments: str) -> Ended:
    """Runs the command on a file in a process of its own."""
    out, err, used = (path.with_suffix(suffix) for suffix in (".out", ".err", ".used"))
    command = [sys.executable, "-S", "-E", "-c", MEASURE, str(used), str(path), *arguments]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        subprocess.run(command, stdout=stdout, stderr=stderr, check=True, timeout=60)
    code, seconds, kilobytes = used.read_text().split()
    said = (file.read_text("utf-8", "replace") for file in (out, err))
    return Ended(int(code), *said, float(seconds), int(kilobytes) / 1024)


def within_bounds(ended: Ended) -> None:
    assert "Traceback" not in ended.err
    assert "internal error" not in ended.err
    assert len(ended.err) < MOST_OUTPUT
    assert ended.megabytes < MEGABYTES
    assert ended.seconds < SECONDS


HEAD = "input: 8x8x3\nlayers:\n"
LONG = "n" * 100_000


def bomb(levels: int = 10, width: int = 10) -> str:
    lines = ["a0: &a0 [relu]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + f"\nlayers: *a{levels - 1}\n"


def doubling(levels: int, leaf: str) -> str:
    blocks = [f"  B{levels}:\n    layers: [{leaf}]"]
    blocks += [f"  B{n}:\n    layers: [B{n + 1}, B{n + 1}]" for n in range(levels)]
    return "input: 8x8x3\nblocks:\n" + "\n".join(blocks) + "\nlayers: [B0]\n"


def nested_repeats(leaf: str) -> str:
    inner = f"{{sequence: [{{{leaf}, repeat: 1000}}], repeat: 1000}}"
    return f"{HEAD}  - {{sequence: [{inner}], repeat: 1000}}\n"


def chained(operator: str) -> str:
    lines = ["  v0: 3"] + [f"  v{n}: $v{n - 1}{operator}$v{n - 1}" for n in range(1, 61)]
    return "input: 8x8x3\nvars:\n" + "\n".join(lines) + "\nlayers:\n  - conv: {filters: $v60, kernel: 3}\n"


def deep_block(levels: int) -> str:
    return "\n".join(f"{' ' * n}k:" for n in range(levels))


#: Files by name, with a word that the message must have.
TEXTS = {
    "alias_bomb": (bomb, "LIMIT102"),
    "alias_bomb_of_mappings": (
        lambda: "".join(
            f"m{n}: &m{n} {{{', '.join(f'k{i}: *m{n - 1}' for i in range(10))}}}\n" if n else "m0: &m0 {a: b}\n"
            for n in range(10)
        ),
        "LIMIT102",
    ),
    "merge_bomb": (
        lambda: "".join(
            f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 50)}], k{n}: 1}}\n" if n else "m0: &m0 {a: b}\n"
            for n in range(60)
        ),
        "LIMIT102",
    ),
    "recursive_alias": (lambda: f"{HEAD}  - &a {{sequence: [*a, *a]}}\n", "YAML103"),
    "deep_flow": (lambda: "layers: " + "[" * 10_000, "LIMIT102"),
    "deep_flow_mappings": (lambda: "layers: " + "{a: " * 10_000, "LIMIT102"),
    "deep_block": (lambda: deep_block(1_400), "LIMIT102"),
    "deep_items": (lambda: "layers:\n  " + "- " * 10_000 + "relu\n", "LIMIT102"),
    "deep_structures": (lambda: HEAD + "  - " + "{sequence: [" * 40 + "relu" + "]}" * 40 + "\n", "LIMIT102"),
    "structures_within_the_limit": (lambda: HEAD + "  - " + "{sequence: [" * 30 + "relu" + "]}" * 30 + "\n", ""),
    "repeat": (lambda: f"{HEAD}  - relu:\n    repeat: 1000000000\n", "LIMIT106"),
    "repeat_of_nothing": (lambda: f"{HEAD}  - relu:\n    repeat: 1000000000\n    when: false\n", "LIMIT106"),
    "nested_repeats": (lambda: nested_repeats("relu: "), "LIMIT106"),
    "nested_repeats_of_nothing": (lambda: nested_repeats("relu: , when: false"), "LIMIT106"),
    "nested_repeats_of_empty_lists": (
        lambda: f"{HEAD}  - {{sequence: [{{sequence: [{{sequence: [], repeat: 99999}}], repeat: 99999}}], repeat: 99999}}\n",
        "LIMIT106",
    ),
    "doubling_blocks": (lambda: doubling(40, "relu"), "LIMIT106"),
    "doubling_blocks_of_nothing": (lambda: doubling(40, "{relu: , when: false}"), "LIMIT106"),
    "doubling_blocks_of_empty_lists": (lambda: doubling(40, ""), "LIMIT106"),
    "power": (lambda: f"{HEAD}  - conv: {{filters: $(9**9**9), kernel: 3}}\n", "EXPR104"),
    "power_without_dollar": (lambda: f"{HEAD}  - dense: 9**9**9**9\n", "EXPR104"),
    "power_of_a_power": (lambda: f"{HEAD}  - dense: $(((10**30)**99)**99)\n", "EXPR104"),
    "products": (lambda: chained("*"), "EXPR104"),
    "sums": (lambda: chained("+"), "LIMIT103"),
    "long_expression": (lambda: f"{HEAD}  - dense: $({'1+' * 5_000}1)\n", "LIMIT105"),
    "deep_parentheses": (lambda: f"{HEAD}  - dense: $({'(' * 95}1{')' * 95})\n", ""),
    "deep_signs": (lambda: f"{HEAD}  - dense: $({'-' * 190}1)\n", ""),
    "long_name": (lambda: f"{HEAD}  - relu:\n    name: {'n' * 100_000}\n", ""),
    "long_unknown_name": (lambda: f"{HEAD}  - relu:\n    from: {'n' * 100_000}\n", "NAME104"),
    "long_unknown_type": (lambda: f"{HEAD}  - {'n' * 100_000}\n", "MODEL102"),
    "long_bad_name": (lambda: f"{HEAD}  - relu:\n    name: {'n.' * 50_000}\n", "NAME101"),
    "long_variable": (lambda: f"{HEAD}  - dense: ${'n' * 199}\n", "NAME102"),
    "many_digits": (lambda: f"{HEAD}  - dense: {10**40}\n", "LIMIT103"),
    "very_many_digits": (lambda: f"{HEAD}  - dense: {'9' * 100_000}\n", "VALUE101"),
    "very_many_digits_in_a_volume": (lambda: f"input: {'9' * 100_000}x3\nlayers: [relu]\n", "VALUE101"),
    "many_digits_in_a_list": (lambda: f"{HEAD}  - avg_pool: {{kernel: [{'9' * 3_000}, 1]}}\n", "LIMIT103"),
    "beyond_a_float": (lambda: f"{HEAD}  - dropout: 1e999\n", "VALUE101"),
    "beyond_a_float_in_an_expression": (lambda: f"{HEAD}  - dropout: $(1e999)\n", "EXPR104"),
    "long_key": (lambda: f"{HEAD}  - relu\n{'k' * 1_000_000}: 1\n", "YAML100"),
    "long_scalar": (lambda: f"description: {'d' * 1_000_000}\n{HEAD}  - relu\n", ""),
    "many_empty_items": (lambda: "input: 8x8x3\nlayers: [" + "[]," * 340_000 + "]\n", "MODEL103"),
    "many_nothings": (lambda: HEAD + "-\n" * 510_000, "MODEL105"),
    "many_unknown_keys": (lambda: HEAD + "  - relu\n" + "".join(f"k{n}: 1\n" for n in range(100_000)), "MODEL101"),
    "many_unknown_parameters": (
        lambda: HEAD + "  - conv: {" + "".join(f"k{n}: 1, " for n in range(80_000)) + "}\n",
        "VALUE102",
    ),
    "many_duplicate_keys": (lambda: HEAD + "  - relu\n" + "name: a\n" * 100_000, "YAML101"),
    "many_same_names": (lambda: HEAD + "  - {relu: , name: a}\n" * 40_000, "NAME103"),
    "many_unknown_types": (lambda: HEAD + "  - cnov: {filters: 8}\n" * 10_000, "MODEL102"),
    "many_refused_layers": (lambda: HEAD + "  - {conv: {filters: 8, kernel: 9}, from: input}\n" * 10_000, "SHAPE201"),
    "many_unknown_references": (
        lambda: HEAD + "".join(f"  - {{relu: , name: a{n}}}\n" for n in range(5_000)) + "  - {relu: , from: b}\n" * 5_000,
        "NAME104",
    ),
    "many_variables": (
        lambda: "input: 8x8x3\nvars:\n"
        + "".join(f"  v{n}: {n}\n" for n in range(20_000))
        + "layers:\n"
        + "  - dense: $u\n" * 10_000,
        "NAME102",
    ),
    "many_variables_of_each_other": (
        lambda: "input: 8x8x3\nvars:\n  v0: 1\n"
        + "".join(f"  v{n}: $v{n - 1}\n" for n in range(1, 40_000))
        + "layers:\n  - dense: $v39999\n",
        "",
    ),
    "many_parameters": (
        lambda: "input: 8x8x3\nblocks:\n  B:\n    params: [p0=1"
        + "".join(f", p{n}=$p{n - 1}" for n in range(1, 3_000))
        + "]\n    layers: [dense: $p2999]\nlayers: [B]\n",
        "",
    ),
    "many_anchors": (lambda: HEAD + "".join(f"- &a{n} relu\n" for n in range(20_000)), ""),
    "many_unknown_aliases": (lambda: HEAD + "  - *a\n" * 100_000, "YAML103"),
    "many_tags": (lambda: HEAD + "  - !!str relu\n" * 60_000, "YAML102"),
    "many_split_commas": (lambda: HEAD + "  - dense: [" + "max(1, " * 100_000 + "]\n", "YAML107"),
    "many_brackets_to_mend": (lambda: HEAD + "  - dense: [" + "(a, " * 200_000 + "]\n", "YAML107"),
    "many_automatic_names": (lambda: HEAD + "".join(f"  - {{relu: , name: relu{n}}}\n  - relu\n" for n in range(1, 6_000)), ""),
    "unclosed_quote": (lambda: 'name: "' + "a\n" * 400_000, "YAML100"),
    "unclosed_brace": (lambda: HEAD + "  - conv: {" + "".join(f"a{n}: 1,\n" for n in range(80_000)), "YAML100"),
    "only_dashes": (lambda: "-" * 1_000_000, "MODEL100"),
    "only_colons": (lambda: ":" * 1_000_000, ""),
    "only_question_marks": (lambda: "? " * 400_000, ""),
    "only_blanks": (lambda: " " * 1_000_000, "MODEL100"),
    "only_line_breaks": (lambda: "\n" * 1_000_000, "MODEL100"),
    "one_long_comment": (lambda: "#" * 1_000_000, "MODEL100"),
    "residuals": (
        lambda: HEAD + "  - residual: {body: [{conv: {filters: 3, kernel: 3, padding: 1}}]}\n" * 1_000,
        "",
    ),
    "residuals_in_residuals": (
        lambda: HEAD + "  - " + "{residual: {body: [" * 20 + "relu" + "]}}" * 20 + "\n",
        "",
    ),
    "reading_one_layer": (
        lambda: HEAD + "  - {relu: , name: a}\n" + "  - {relu: , from: a}\n" * 10_000,
        "",
    ),
    "one_wide_merge": (
        lambda: HEAD + "  - {relu: , name: a}\n  - concat: [" + "a, " * 100_000 + "]\n",
        "",
    ),
    "long_name_repeated": (lambda: f"{HEAD}  - relu:\n    name: {LONG}\n    repeat: 20000\n", "LIMIT106"),
    "long_name_repeated_for_nothing": (
        lambda: f"{HEAD}  - relu:\n    name: {LONG}\n    repeat: 90000\n    when: false\n",
        "LIMIT106",
    ),
    "long_note_repeated": (lambda: f"{HEAD}  - relu:\n    note: {LONG}\n    repeat: 2000\n", "LIMIT106"),
    "long_note_of_a_sum": (
        lambda: f"{HEAD}  - residual: {{body: [relu]}}\n    note: {LONG}\n    repeat: 30000\n",
        "LIMIT106",
    ),
    "long_name_with_added_layers": (
        lambda: f"{HEAD}  - conv: {{filters: 3, kernel: 1, norm: batch_norm, act: relu}}\n    name: {LONG}\n    repeat: 30000\n",
        "LIMIT106",
    ),
    "long_names_of_calls_in_calls": (
        lambda: "input: 8x8x3\nblocks:\n"
        + "".join(f"  B{n}: {{layers: [{{B{n + 1}: , name: {'n' * 8_000}}}]}}\n" for n in range(50))
        + "  B50: {layers: [{relu: , repeat: 1000}]}\nlayers: [{B0: , repeat: 90}]\n",
        "LIMIT106",
    ),
    "long_name_of_a_block": (
        lambda: f"input: 8x8x3\nblocks:\n  ? {LONG}\n  : {{layers: [relu]}}\nlayers:\n  - ? {LONG}\n    :\n"
        "    name: a\n    repeat: 90000\n",
        "LIMIT106",
    ),
    "long_name_read_often": (
        lambda: f"{HEAD}  - relu: {{}}\n    name: {LONG}\n" + f"  - concat: [{LONG}, prev]\n    repeat: 3\n" * 9,
        "",
    ),
    "long_name_by_alias": (
        lambda: f"{HEAD}  - relu: {{}}\n    name: &n {LONG}\n  - concat: [" + "*n, " * 100_000 + "]\n",
        "LIMIT102",
    ),
    "long_name_tied": (
        lambda: f"{HEAD}  - dense: 3\n    name: {LONG}\n  - dense: 3\n  - dense: 3\n    tied: {LONG}\n    repeat: 9\n",
        "",
    ),
    "wide_merge_repeated": (
        lambda: f"{HEAD}  - {{relu: , name: a}}\n  - concat: [" + "a, " * 100_000 + "]\n    repeat: 1000\n",
        "LIMIT106",
    ),
    "wide_merge_refused_often": (
        lambda: f"{HEAD}  - {{relu: , name: a}}\n  - {{max_pool: 2, name: b}}\n  - concat: [b, "
        + "a, " * 20_000
        + "]\n    repeat: 1000\n",
        "SHAPE211",
    ),
    "long_list_to_a_block": (
        lambda: "input: 8x8x3\nblocks: {B: {params: [a], layers: [relu]}}\nlayers:\n  - B: {a: ["
        + "1," * 100_000
        + "]}\n    repeat: 50000\n",
        "LIMIT106",
    ),
    "many_variables_for_each_call": (
        lambda: "input: 8x8x3\nvars:\n"
        + "".join(f"  v{n}: {n}\n" for n in range(60_000))
        + "blocks: {B: {layers: [relu]}}\nlayers: [{B: , repeat: 50000}]\n",
        "LIMIT106",
    ),
    "many_variables_for_each_repetition": (
        lambda: "input: 8x8x3\nvars:\n"
        + "".join(f"  v{n}: {n}\n" for n in range(40_000))
        + "layers:\n  - relu:\n    repeat: {c: ["
        + "1," * 50_000
        + "]}\n",
        "LIMIT106",
    ),
    "many_expressions_repeated": (
        lambda: f"{HEAD}  - avg_pool: {{kernel: [" + "$i," * 100_000 + "]}\n    repeat: 90000\n",
        "LIMIT106",
    ),
    "control_character_in_a_name": (lambda: f'{HEAD}  - relu:\n    name: "a\\x1b[31mb"\n', "YAML108"),
    "control_character_in_a_description": (lambda: f'description: "\\x1b]0;title\\x07"\n{HEAD}  - relu\n', "YAML108"),
    "bidirectional_name": (lambda: f"{HEAD}  - relu:\n    name: a\u202eb\n", "YAML108"),
    "bidirectional_description": (lambda: f"description: a\u202eb\n{HEAD}  - relu\n", "YAML108"),
    "zero_width_name": (lambda: f"{HEAD}  - relu:\n    name: a\u200bb\n", "NAME101"),
    "zero_width_key": (lambda: f"input\u200b: 8x8x3\n{HEAD}  - relu\n", "MODEL101"),
    "zero_width_joiner_in_a_description": (lambda: f"description: a\u200db\n{HEAD}  - relu\n", ""),
    "surrogates_by_escape": (lambda: f'description: "\\ud800"\n{HEAD}  - relu\n', "YAML"),
    "one_mistake_often": (
        lambda: "input: 8x8x3\nblocks:\n  B: {params: [n=0], layers: [{relu: , from: nobody}, {dense: 1/$n}, {mean: lenght}]}\n"
        "layers:\n  - B:\n    repeat: 30000\n    from: input\n",
        "EXPR105",
    ),
    "one_mistake_at_run_time_often": (
        lambda: "input: 8x8x3\nblocks:\n  B: {params: [n=0], layers: [{sequence: [{dense: 1/$n}]}, {relu: , from: nobody}]}\n"
        "layers:\n  - B:\n    repeat: 30000\n",
        "NAME104",
    ),
    "tiny_loop_of_blocks": (lambda: "input: 8x8x3\nblocks: {A: {layers: [B, B]}, B: {layers: [A, A]}}\nlayers: [A]\n", "MODEL109"),
    "many_blocks_in_a_ring": (
        lambda: "input: 8x8x3\nblocks:\n"
        + "".join(f"  B{n}: {{layers: [B{(n + 1) % 15_000}]}}\n" for n in range(15_000))
        + "layers: [B0]\n",
        "MODEL109",
    ),
    "many_blocks_in_a_row": (
        lambda: "input: 8x8x3\nblocks:\n"
        + "".join(f"  B{n}: {{layers: [B{n + 1}]}}\n" for n in range(15_000))
        + "  B15000: {layers: [relu]}\nlayers: [B0]\n",
        "LIMIT102",
    ),
}  # fmt: skip

#: Bytes by name, with a word that the message must have.
BYTES = {
    "nothing": (b"", "MODEL100"),
    "too_large": (b"a" * 50_000_000, "LIMIT101"),
    "nul": (b"input: 8x8x3\nlayers:\n  - relu\x00\n", "YAML108"),
    "nothing_but_nul": (b"\0" * 1_000_000, "YAML108"),
    "utf16": ("input: 8x8x3\nlayers: [relu]\n".encode("utf-16"), "YAML109"),
    "utf16_big_endian": ("input: 8x8x3\nlayers: [relu]\n".encode("utf-16-be"), "YAML108"),
    "utf16_without_mark": ("input: 8x8x3\nlayers: [relu]\n".encode("utf-16-le"), "YAML108"),
    "utf32": ("input: 8x8x3\n".encode("utf-32"), "YAML109"),
    "latin1": ("name: Café\ninput: 8x8x3\nlayers: [relu]\n".encode("latin-1"), "YAML109"),
    "cut_in_a_character": ("name: Café".encode()[:-1], "YAML109"),
    "surrogates": (b"name: \xed\xa0\x80\n", "YAML109"),
    "escape": (b"name: \x1b[31mred\n", "YAML108"),
    "line_separator": ("name: a\u2028b\ninput: 8x8x3\nlayers: [relu]\n".encode(), "YAML108"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str, tmp_path: Path) -> None:
    make, word = TEXTS[name]
    path = tmp_path / f"{name}.yaml"
    path.write_text(make(), encoding="utf-8")
    ended = run(path, "--format", "csv")
    within_bounds(ended)
    if word:
        assert (ended.code, word in ended.err, ended.out) == (1, True, "")
    else:
        assert ended.code in (0, 1)
        assert bool(ended.err) == (ended.code == 1)


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_a_long_name_among_many_makes_no_table_of_its_width(tmp_path: Path, format: str) -> None:
    """A table is as wide as its longest name: 20,000 lines of 100,000 characters would be 2 GB."""
    path = tmp_path / "long.yaml"
    path.write_text(f"{HEAD}  - relu: {{}}\n    name: {LONG}\n  - {{relu: , repeat: 20000}}\n", encoding="utf-8")
    ended = run(path, "--format", format)
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out) < 30_000_000
    assert ended.megabytes < MEGABYTES


@pytest.mark.parametrize("name", BYTES)
def test_bytes(name: str, tmp_path: Path) -> None:
    data, word = BYTES[name]
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(data)
    ended = run(path)
    within_bounds(ended)
    assert (ended.code, word in ended.err, ended.out) == (1, True, "")
    assert f"{name}.yaml:" in ended.err


def test_bytes_of_no_text(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(bytes(range(256)) * 1_000)
    ended = run(path)
    within_bounds(ended)
    assert (ended.code, "is a binary file" in ended.err, ended.out) == (2, True, "")
