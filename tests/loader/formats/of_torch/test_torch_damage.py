"""Programs that are cut, that contradict themselves, or that ask for too much: a message, no traceback, and soon."""

from __future__ import annotations

import copy
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from analyzer.loader.formats import read
from analyzer.loader.text.files import FileError
from analyzer.settings import SettingError

SAMPLES = Path(__file__).parents[3] / "data" / "foreign"
NAMES = ("small.pt2", "tokens.pt2")


def program(name: str) -> Any:
    """The JSON of a sample."""
    with zipfile.ZipFile(SAMPLES / name) as archive:
        return json.loads(archive.read(f"{name[:-4]}/models/model.json"))


def archived(data: Any, path: Path, *others: str) -> Path:
    """A `.pt2` with this program."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/archive_format", "pt2")
        archive.writestr("net/models/model.json", data if isinstance(data, str) else json.dumps(data))
        for name in others:
            archive.writestr(name, "{}")
    return path


def told(path: Path, input: str | None = None) -> list[str]:
    """What reading a file says."""
    model, problems = read(str(path), input, format="pt2")
    return [problem.message for problem in (*problems, *(model.told if model else ()))]


#: What a changed value becomes.
VALUES = (None, 0, -1, 1, 2**40, "", "x", [], {}, {"as_int": -3}, {"as_tensor": {"name": "nobody"}}, True, 1e300)


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Each place of a JSON value: the mapping or the list, and the key in it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        found.append((value, key))
        places(one, found)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_changed_values(name: str, tmp_path: Path) -> None:
    original, chance = program(name), random.Random(5)
    original["graph_module"].pop("module_call_graph")
    for _ in range(80):
        data = copy.deepcopy(original)
        known = places(data, [])
        for _ in range(chance.choice((1, 2, 5))):
            holder, key = chance.choice(known)
            if isinstance(holder, list) and key >= len(holder):
                continue
            if chance.random() < 0.4:
                del holder[key]
                break
            holder[key] = chance.choice(VALUES)
        try:
            told(archived(data, tmp_path / "net.pt2"))
        except (FileError, SettingError):
            pass


@pytest.mark.parametrize("name", NAMES)
def test_cut_and_noisy_files(name: str, tmp_path: Path) -> None:
    data, chance = (SAMPLES / name).read_bytes(), random.Random(7)
    path = tmp_path / "net.pt2"
    for _ in range(40):
        changed = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.5 else data)
        for _ in range(chance.choice((0, 1, 3))):
            if changed:
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        path.write_bytes(bytes(changed))
        try:
            told(path)
        except FileError:
            pass


def changed(change: Callable[[Any], object]) -> Any:
    """The program of a sample with a change."""
    data = program("small.pt2")
    change(data)
    return data


def nodes(data: Any) -> Any:
    return data["graph_module"]["graph"]["nodes"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data.update(schema_version={"major": 9, "minor": 2}), "its schema is 9.2, newer than 8"),
        (lambda data: data.pop("schema_version"), "no `schema_version`"),
        (lambda data: data.pop("graph_module"), "no `graph_module`"),
        (lambda data: nodes(data).reverse(), "nothing has made"),
        (lambda data: nodes(data).pop(3), "nothing has made"),
        (lambda data: nodes(data).clear(), "has no layer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(change: Callable[[Any], object], says: str, tmp_path: Path) -> None:
    messages = told(archived(changed(change), tmp_path / "net.pt2"))
    assert any(says in message for message in messages), messages


def unsized(data: Any) -> None:
    """The first mean has as many planes as the data decides."""
    sizes = data["graph_module"]["graph"]["tensor_values"]["mean"]["sizes"]
    sizes[1] = {"as_expr": {"expr_str": "Symbol('u0', integer=True)", "hint": None}}


def test_the_reading_ends_where_a_shape_depends_on_the_data(tmp_path: Path) -> None:
    messages = told(archived(changed(unsized), tmp_path / "net.pt2"))
    said = next(message for message in messages if "the reading ends at" in message)
    assert "`aten.mean.dim` puts out a shape that depends on the data; 4 nodes behind it are not read" in said


@pytest.mark.parametrize(
    ("other", "says"), [("net/models/other.json", "2 programs"), ("net/models/model.json", "two files")]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_has_one_program(other: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=says):
        told(archived(program("small.pt2"), tmp_path / "net.pt2", other))


def test_an_archive_without_a_program(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/archive_format", "pt2")
    with pytest.raises(FileError, match=r"without `models/model.json`"):
        told(path)


def test_the_archive_of_torch_2_7_and_before(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    data = {**program("small.pt2"), "schema_version": {"major": 8, "minor": 2}}  # as torch 2.6.0 writes it
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", json.dumps(data))
        archive.writestr("serialized_state_dict.pt", b"\x80\x02")
    model, problems = read(str(path))
    assert model is not None
    assert not problems


def test_a_pickle_in_the_archive_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    plain = zipfile.ZipFile.open
    monkeypatch.setattr(
        zipfile.ZipFile,
        "open",
        lambda archive, name, *rest, **more: opened.append(name) or plain(archive, name, *rest, **more),
    )
    told(SAMPLES / "small.pt2")
    assert opened == ["small/models/model.json"]


def test_a_chain_of_many_nodes_takes_linear_time_and_too_many_are_refused_soon(tmp_path: Path) -> None:
    data = program("small.pt2")
    graph = data["graph_module"]["graph"]
    relu = next(node for node in graph["nodes"] if node["target"].endswith("relu.default"))
    last = graph["nodes"][0]["outputs"][0]["as_tensor"]["name"]

    def chain(count: int) -> Any:
        made, name, values = [graph["nodes"][0]], last, dict(graph["tensor_values"])
        for number in range(count):
            one = {**relu, "inputs": [{"name": "self", "arg": {"as_tensor": {"name": name}}, "kind": 1}]}
            name = f"r{number}"
            made.append({**one, "outputs": [{"as_tensor": {"name": name}}]})
            values[name] = values[last]
        inner = {**graph, "nodes": made, "tensor_values": values}
        return {**data, "graph_module": {**data["graph_module"], "graph": inner}}

    times = []
    for count in (500, 2000):
        path = archived(chain(count), tmp_path / f"{count}.pt2")
        several = []
        for _ in range(3):
            start = perf_counter()
            assert not told(path)[1:]
            several.append(perf_counter() - start)
        times.append(min(several))
    assert times[1] < 8 * times[0] + 0.5
    text = json.dumps(chain(2)).replace(
        '"nodes": [', '"nodes": [' + '{"target":"a","inputs":[],"outputs":[]},' * 1_000_000
    )
    path = archived(text, tmp_path / "many.pt2")
    start = perf_counter()
    messages = told(path)
    assert perf_counter() - start < 5
    assert any("more than 100,000" in message for message in messages), messages
