"""The form in which `cases/` has programs of `torch.export`: what a reader needs of `models/model.json`, in short.

"%x"                    the tensor x, where the file has {"as_tensor": {"name": "x"}}
[1, 2], 3, 0.5, true    numbers, where the file has {"as_ints": [1, 2]} and so on
"1x3x8x8"               a tensor of float32; "5:4x2" has the format of that number, "+4x3" requires a gradient
"""

from __future__ import annotations

from typing import Any

#: Kinds of arguments that a value of JSON stands for, and those that no reader needs.
_PLAIN = ("as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_bools", "as_string", "as_none")
_NEEDLESS = ("as_device", "as_layout", "as_scalar_type", "as_memory_format")


def shortened(model: dict[str, Any]) -> dict[str, Any]:
    """The short form of a program."""
    module = model["graph_module"]
    keeps = [_kept(spec) for spec in module["signature"]["input_specs"] if "user_input" not in spec]
    outputs = [spec["user_output"]["arg"] for spec in module["signature"]["output_specs"] if "user_output" in spec]
    graph = _graph(module["graph"])
    graph["reads"] = graph["reads"][len(keeps) :]
    return {"keeps": keeps, **graph, "gives": [_short(one) for one in outputs]}


def needed(model: dict[str, Any]) -> dict[str, Any]:
    """The program without what the short form leaves out."""
    _only_needed(model["graph_module"]["graph"])
    return model


def _only_needed(graph: dict[str, Any]) -> None:
    graph["nodes"] = [node for node in graph["nodes"] if "_assert_tensor" not in node["target"]]
    for node in graph["nodes"]:
        node["metadata"] = {}
        node["inputs"] = [given for given in node["inputs"] if not set(given["arg"]) & set(_NEEDLESS)]
        for given in node["inputs"]:
            if "as_graph" in given["arg"]:
                _only_needed(given["arg"]["as_graph"]["graph"])


def _graph(graph: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "reads": [_short(one) for one in graph["inputs"]],
        "nodes": [_node(node) for node in graph["nodes"]],
        "gives": [_short(one) for one in graph["outputs"]],
        "tensors": {name: _tensor(value) for name, value in graph["tensor_values"].items()},
    }
    if graph.get("sym_int_values"):
        found["numbers"] = graph["sym_int_values"]
    return found


def _kept(spec: dict[str, Any]) -> list[Any]:
    ((kind, value),) = spec.items()
    path = next((text for key, text in value.items() if key.endswith("_name")), "")
    return [kind, value["arg"].get("name", ""), path, *([False] if value.get("persistent") is False else [])]


def _node(node: dict[str, Any]) -> list[Any]:
    arguments = {given["name"] or str(at): _short(given["arg"]) for at, given in enumerate(node["inputs"])}
    return [node["target"].removeprefix("torch.ops."), arguments, [_short(one) for one in node["outputs"]]]


def _short(arg: dict[str, Any]) -> Any:
    ((kind, value),) = arg.items()
    if kind == "as_tensor":
        return f"%{value['name']}"
    if kind == "as_tensors":
        return [f"%{one['name']}" for one in value]
    if kind == "as_graph":
        return {kind: {"name": value["name"], "graph": _graph(value["graph"])}}
    if kind == "as_none":
        return None
    return value if kind in _PLAIN and value != [] else arg


def _tensor(value: dict[str, Any]) -> Any:
    sizes = [size.get("as_int", size) for size in value["sizes"]]
    if any(isinstance(size, dict) for size in sizes):
        return {"dtype": value["dtype"], "sizes": value["sizes"]}
    format = "" if value["dtype"] == 7 else f"{value['dtype']}:"
    return ("+" if value.get("requires_grad") else "") + format + "x".join(map(str, sizes))


def expanded(case: dict[str, Any]) -> dict[str, Any]:
    """The program of a short form, as `models/model.json` has it."""
    specs = [_long_kept(one) for one in case["keeps"]]
    specs += [{"user_input": {"arg": _long(one)}} for one in case["reads"]]
    graph = _long_graph({**case, "reads": [*(f"%{one[1]}" for one in case["keeps"]), *case["reads"]]})
    outputs = [{"user_output": {"arg": _long(one)}} for one in case["gives"]]
    signature = {"input_specs": specs, "output_specs": outputs}
    return {
        "graph_module": {"graph": graph, "signature": signature},
        "schema_version": {"major": 8, "minor": 20},
        "torch_version": "2.13.0",
    }


def _long_graph(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "inputs": [_long(one) for one in case["reads"]],
        "outputs": [_long(one) for one in case["gives"]],
        "nodes": [_long_node(*node) for node in case["nodes"]],
        "tensor_values": {name: _long_tensor(one) for name, one in case["tensors"].items()},
        "sym_int_values": case.get("numbers", {}),
    }


def _long_kept(one: list[Any]) -> dict[str, Any]:
    kind, name, path, *persistent = one
    value = {"arg": {"name": name}, f"{kind}_name": path}
    return {kind: {**value, "persistent": False} if persistent else value}


def _long_node(target: str, arguments: dict[str, Any], outputs: list[Any]) -> dict[str, Any]:
    target = target if target.startswith(("_", "math")) else f"torch.ops.{target}"
    return {
        "target": target,
        "inputs": [{"name": name, "arg": _long(arg), "kind": 1} for name, arg in arguments.items()],
        "outputs": [_long(one) for one in outputs],
        "metadata": {},
    }


def _long(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        if "as_graph" in value:
            return {"as_graph": {"name": value["as_graph"]["name"], "graph": _long_graph(value["as_graph"]["graph"])}}
        return value
    if isinstance(value, list):
        if all(isinstance(one, str) and one.startswith("%") for one in value):
            return {"as_tensors": [{"name": one[1:]} for one in value]}
        kind = "bool" if isinstance(value[0], bool) else "int" if isinstance(value[0], int) else "float"
        return {f"as_{kind}s": value}
    if value is None:
        return {"as_none": True}
    if isinstance(value, str):
        return {"as_tensor": {"name": value[1:]}} if value.startswith("%") else {"as_string": value}
    kind = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"
    return {f"as_{kind}": value}


def _long_tensor(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    trained = value.startswith("+")
    format, _, sizes = value.lstrip("+").rpartition(":")
    return {
        "dtype": int(format or 7),
        "sizes": [{"as_int": int(size)} for size in sizes.split("x") if size],
        "requires_grad": trained,
    }
