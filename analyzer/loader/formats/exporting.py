"""The program of the child process: builds the network of a callable, and hands back what `analyzer` can read of it.

It runs in the Python that the user names, which has torch or Keras and may not have analyzer: it imports nothing of the
package, and nothing but `child.py` starts it. It reads one line of JSON from stdin:

    target      a module, or the path of a `.py` file
    name        the callable in it, with dots
    arguments   its arguments as they were written: literals, with names or without
    inputs      pairs of a name and the sizes of an input, depth last; the name is empty for the first input

It answers on stdout with one line of JSON and `size` bytes, a `.pt2` or a Keras model in JSON. What the user's code
writes to stdout goes to stderr. An error is a line too, with its `error` and the facts about it: nobody parses a text.
"""

# One file, since it travels into another Python by its path: that is why it is long.

from __future__ import annotations

import ast
import faulthandler
import importlib
import importlib.util
import inspect
import io
import itertools
import json
import logging
import os
import sys
import sysconfig
import tempfile
import threading
import traceback
import warnings
from contextlib import AbstractContextManager, nullcontext, redirect_stderr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

#: What the line of the answer begins with; the same, with `begun` behind it, says that this program runs.
MARK = b"analyzer:answer:"

#: An exception's text is cut after so many characters.
_LONGEST = 400

#: So many ways to read the inputs are tried: with whole numbers, and with the depth last.
_TRIES = 24

#: What torch raises where a value of a tensor decides, whatever the inputs are, by the names of the classes.
_DEPENDS = frozenset(("GuardOnDataDependentSymNode", "DataDependentOutputException", "UserError"))


class Fault(Exception):
    """Why there is no network: `error` says which case it is."""

    def __init__(self, error: str, **facts: Any) -> None:
        super().__init__(error)
        self.facts = dict(facts, error=error)


def main() -> None:
    """Answers the request on stdin, and ends the process whatever threads the user's code has started."""
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if place and os.path.abspath(place) != own]
    answers, lifeline = _streams()
    _write(answers, MARK + b"begun\n")
    request = _request(lifeline)
    faulthandler.enable()  # a crash in C says where it was
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    content = b""
    try:
        kind, content = network(request)
        answer = {"kind": kind, "size": len(content)}
    except Fault as fault:
        answer = fault.facts
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # the user's code has closed or replaced it
    _write(answers, MARK + json.dumps(answer).encode() + b"\n" + content)
    os._exit(0)


def _streams() -> tuple[int, int]:
    """Copies of stdout and stdin; what the user's code writes to stdout then goes to stderr, and stdin is empty."""
    answers, lifeline = os.dup(1), os.dup(0)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return answers, lifeline


def _request(lifeline: int) -> dict[str, Any]:
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(lifeline, 1)
        if not piece:
            os._exit(1)
        line += piece
    request: dict[str, Any] = json.loads(line.decode())
    return request


def _end_with_parent(lifeline: int) -> None:
    """Stdin ends when the process does that waits for the answer: then nobody needs this one."""
    while os.read(lifeline, 1):
        pass
    os._exit(1)


def _write(answers: int, data: bytes) -> None:
    while data:
        data = data[os.write(answers, data[: 1 << 20]) :]


def network(request: dict[str, Any]) -> tuple[str, bytes]:
    """The kind of the network and its bytes: `pt2`, or `keras` in JSON."""
    found = _found(request)
    request["home"] = _definition(found)
    fault: Fault | None = None
    for device in ("meta", "cpu"):  # without memory for the weights; some code needs them
        made = _made(found, request, device)
        if made is None:
            continue
        if _is_keras(made[0]):
            return "keras", _keras(made[0])
        try:
            return "pt2", _saved(_exported(made, request, device))
        except Fault as caught:
            fault = caught
            if not caught.facts.get("again"):
                break
        except BaseException as error:  # a module that answers in its own way
            fault = Fault(_kind(error), when="export", **_raised(error, request))
    assert fault is not None
    raise fault


def _found(request: dict[str, Any]) -> Any:
    """The object that is named."""
    module = _module(request)
    found = module
    for part in request["name"].split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            names = [name for name in dir(found) if not name.startswith("_")]
            some = [name for name in names if callable(getattr(found, name, None))][:1000]
            raise Fault("missing", names=some, own=_own(found, some), part=part) from None
        except BaseException as error:
            raise Fault(_kind(error), when="import", **_raised(error, request)) from None
    return found


def _own(module: Any, names: list[str]) -> list[str]:
    """Those of the names that are defined in the module itself."""
    home = getattr(module, "__name__", None)  # it may be a class, or anything
    return [name for name in names if getattr(getattr(module, name, None), "__module__", "") == home]


def _module(request: dict[str, Any]) -> Any:
    """The module that is named, imported; the current folder and that of the file come first."""
    if request["target"].endswith(".py"):
        request["target"] = os.path.abspath(request["target"])  # the user's code may change the folder
    target = request["target"]
    places = [os.getcwd()]
    if target.endswith(".py"):
        places.append(os.path.dirname(target))
    sys.path[:0] = list(dict.fromkeys(places))
    sys.argv = [target]
    try:
        if not target.endswith(".py"):
            return importlib.import_module(target)
        return _of_file(target)
    except ModuleNotFoundError as error:
        if error.name and (target + ".").startswith(error.name + "."):
            raise Fault("no_module_named", name=error.name) from None
        raise _not_found(error, request, "import") from None
    except BaseException as error:
        raise Fault(_kind(error), when="import", **_raised(error, request)) from None


def _not_found(error: ModuleNotFoundError, request: dict[str, Any], when: str) -> Fault:
    """A module that the user's code imports: its library is not installed, or does not have it."""
    top = (error.name or "").partition(".")[0]
    try:
        there = not top or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        there = False
    if there:
        return Fault("raised", when=when, **_raised(error, request))
    return Fault("not_installed", name=top, **_raised(error, request))


def _of_file(path: str) -> Any:
    """The module in a file; one with imports relative to its package is imported as a module of that package."""
    name = os.path.splitext(os.path.basename(path))[0]
    folder = os.path.dirname(path)
    if os.path.isfile(os.path.join(folder, "__init__.py")) and _is_relative(path):
        while os.path.isfile(os.path.join(folder, "__init__.py")):
            folder, package = os.path.split(folder)
            name = package + "." + name
        sys.path.insert(1, folder)
        return importlib.import_module(name)
    if name in sys.modules:
        name = "_" + name  # a file may be called as a module is that others import
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _is_relative(path: str) -> bool:
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def _made(found: Any, request: dict[str, Any], device: str) -> Any:
    """The module with its arguments, as (module, arguments, named arguments); None where this device does not do."""
    if not callable(found) or (_is_network(found) and not request["arguments"]):
        return _unpacked(found, "found", request)
    arguments, named = _arguments(request["arguments"])
    _check_arguments(found, arguments, named)
    try:
        with _on(device):
            made = found(*arguments, **named)
    except BaseException as error:
        if device != "cpu" and isinstance(error, Exception):
            return None
        if isinstance(error, ModuleNotFoundError):
            raise _not_found(error, request, "build") from None
        raise Fault(_kind(error), when="build", **_raised(error, request)) from None
    return _unpacked(made, "returned", request)


def _unpacked(made: Any, how: str, request: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    arguments: Any = None
    named: Any = {}
    whole = made
    if isinstance(made, tuple) and made and (len(made) in (2, 3)):
        made, arguments = made[:2]
        named = whole[2] if len(whole) == 3 else {}
        if isinstance(arguments, dict):
            arguments, named = (), arguments
        elif not isinstance(arguments, (tuple, list)):
            arguments = (arguments,)
    if not _is_network(made):
        more = {"type": _called(whole), "is_class": isinstance(whole, type)}
        raise Fault("no_network", how=how, **more, **_home(request))
    return made, arguments, dict(named or {})


def _home(request: dict[str, Any]) -> dict[str, Any]:
    """Where the callable is defined, if that is in a file of the user."""
    home = request.get("home") or {}
    return home if home and _rank(home["file"], request["target"]) == 0 else {}


def _called(value: Any) -> str:
    return (value if isinstance(value, type) else type(value)).__name__


def _classes(value: Any) -> list[tuple[str, str]]:
    return [(kind.__module__.partition(".")[0], kind.__name__) for kind in type(value).__mro__]


def _is_network(value: Any) -> bool:
    if isinstance(value, type):
        return False
    return _is_keras(value) or _is_program(value) or ("torch", "Module") in _classes(value)


def _is_program(value: Any) -> bool:
    return ("torch", "ExportedProgram") in _classes(value)


def _is_keras(value: Any) -> bool:
    return any(top in ("keras", "tf_keras", "tensorflow") and name == "Model" for top, name in _classes(value))


def _keras(model: Any) -> bytes:
    try:
        written: bytes = model.to_json().encode()
        return written
    except BaseException as error:
        raise Fault("no_json", **_text(error)) from None


def _arguments(written: str) -> tuple[list[Any], dict[str, Any]]:
    """The arguments and the named ones: literals."""
    call = ast.parse("f(" + written + "\n)", mode="eval").body
    assert isinstance(call, ast.Call)
    values = [ast.literal_eval(one) for one in call.args]
    return values, {one.arg or "": ast.literal_eval(one.value) for one in call.keywords}


def _check_arguments(found: Any, arguments: list[Any], named: dict[str, Any]) -> None:
    """Refuses arguments that the callable does not take, before it runs."""
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        known = signature.parameters.values()
        plain = [one for one in known if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
        free = [one for one in plain[len(arguments) :] if one.name not in named and one.default is one.empty]
        unknown = [name for name in named if name not in signature.parameters]
        facts = {"missing": [one.name for one in free], "known": [one.name for one in plain], "unknown": unknown}
        raise Fault("arguments", text=str(error), **facts, **_definition(found)) from None


def _definition(found: Any) -> dict[str, Any]:
    """Where a function or a class is defined."""
    try:
        file, line = inspect.getsourcefile(found), inspect.getsourcelines(found)[1]
    except Exception:  # it has no source, or answers in its own way
        return {}
    return {"file": os.path.abspath(file), "line": line or 1} if file else {}


def _on(device: str) -> AbstractContextManager[Any]:
    """The device that tensors are made on, if torch is there."""
    if device == "cpu" or "torch" not in sys.modules:
        return nullcontext()
    place: AbstractContextManager[Any] = sys.modules["torch"].device(device)
    return place


def _exported(made: Any, request: dict[str, Any], device: str) -> Any:
    """The exported program of a module."""
    module = made[0]
    if _is_program(module):
        return module
    module = getattr(module, "_orig_mod", module)  # `torch.compile` wraps it
    import torch

    try:
        from torch.export import export
    except ImportError:
        raise Fault("old_torch", version=torch.__version__) from None
    if "strict" not in inspect.signature(export).parameters:
        raise Fault("old_torch", version=torch.__version__)
    device = _moved(module, device)
    module.eval()
    # torch makes a folder for what it compiles, and here it compiles nothing: the folder is one that exists
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
    if not os.environ.get("TORCH_LOGS"):
        logging.getLogger("torch").setLevel(logging.CRITICAL)  # its graphs, again for each try
    fault: Fault | None = None
    far: tuple[int, ...] = ()
    embeds = False
    for numbers, some, others in itertools.islice(_inputs(made, request, device), _TRIES):
        if embeds and not numbers:
            continue
        try:
            # torch prints a graph for each network that it refuses
            with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
                warnings.simplefilter("ignore")
                if any(map(torch.nn.parameter.is_lazy, module.parameters())):
                    module(*some, **others)  # its first inputs give it its sizes
                return export(module, tuple(some), others, strict=False)
        except BaseException as error:
            reached = _reached(error)
            if fault is None or reached > far or (numbers and embeds and not fault.facts["numbers"]):
                far = reached
                shapes = [_shape(one) for one in (*some, *others.values())]
                kinds = [kind.__name__ for kind in type(error).__mro__]
                facts = dict(_raised(error, request), shapes=shapes, kinds=kinds, numbers=numbers)
                again = device == "meta" and isinstance(error, Exception)
                fault = Fault(_kind(error), when="export", again=again, **facts)
            embeds = embeds or _embeds(error)
            if not isinstance(error, Exception) or not _DEPENDS.isdisjoint(fault.facts["kinds"]):
                break
    assert fault is not None
    raise fault


def _moved(module: Any, device: str) -> str:
    """Moves a module to a device, and says on which one its inputs are: its code may have chosen another one."""
    kinds = {tensor.device.type for tensor in (*module.parameters(), *module.buffers())}
    if device == "meta" or not kinds <= {"cpu", "meta"}:
        module.to(device)
    elif kinds == {"meta"}:
        return "meta"
    return device


def _shape(value: Any) -> str:
    sizes = getattr(value, "shape", None)  # an argument may be no tensor
    return type(value).__name__ if sizes is None else "x".join(map(str, sizes)) + " " + str(value.dtype).split(".")[-1]


def _inputs(made: Any, request: dict[str, Any], device: str) -> Iterator[tuple[bool, list[Any], dict[str, Any]]]:
    """Each way to read the sizes: whether some inputs are whole numbers, the arguments of `forward`, those by name."""
    import torch

    module, arguments, named = made
    asked = _asked(module, arguments, named, request["inputs"])
    arguments = [_on_device(one, device) for one in arguments or ()]
    named = {name: _on_device(one, device) for name, one in named.items()}
    formats = [one.dtype for one in module.parameters() if one.is_floating_point()]
    decimals = formats[0] if formats else torch.get_default_dtype()
    ways = itertools.product(*(list(_ways(sizes)) for _, sizes in asked))
    for way in sorted(ways, key=lambda way: sum(cost for cost, _, _ in way)):
        some, others = list(arguments), dict(named)
        for (place, _), (_, shape, numbers) in zip(asked, way):  # noqa: B905  # older Pythons have no `strict`
            tensor = torch.zeros(shape, dtype=torch.int64 if numbers else decimals, device=device)
            if isinstance(place, str):
                others[place] = tensor
            elif place < len(some):
                some[place] = tensor
            else:
                some.append(tensor)
        yield any(numbers for _, _, numbers in way), some, others


def _on_device(value: Any, device: str) -> Any:
    return value.to(device) if any(name == "Tensor" for _, name in _classes(value)) else value


def _ways(sizes: Any) -> Iterator[tuple[int, tuple[int, ...], bool]]:
    """The shapes of a tensor with these sizes, depth last, the likely ones first: (cost, shape, whole numbers)."""
    *spatial, depth = sizes
    yield 0, (1, depth, *spatial), False
    if spatial and depth == 1:  # numbers of tokens have no depth
        yield 1, (1, *spatial), True
    yield 1 + bool(spatial), (1, depth, *spatial), True
    if spatial:
        yield 4, (1, *spatial, depth), False
    if len(sizes) > 2 and sizes[0] == 1:  # a tensor of torch, as it is written there
        yield 5, tuple(sizes), False


def _asked(module: Any, arguments: Any, named: dict[str, Any], inputs: Any) -> list[tuple[Any, Any]]:
    """Where the volumes that were asked for go: (a place or a name, sizes)."""
    parameters = inspect.signature(module.forward).parameters.values()
    plain = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    order = [one.name for one in plain]
    known = [*order, *(one.name for one in parameters if one.kind == one.KEYWORD_ONLY)]
    free = [one.kind for one in parameters]
    rest = inspect.Parameter.VAR_POSITIONAL in free, inspect.Parameter.VAR_KEYWORD in free
    unknown = [name for name, _ in inputs if name and name not in known]
    if unknown and not any(rest):
        raise Fault("unknown_input", name=unknown[0], known=known)
    given = {name or (known[0] if known else ""): sizes for name, sizes in inputs}
    there = set(order[: len(arguments or ())]) | set(named) | set(given)
    needed = [one.name for one in parameters if one.default is one.empty and one.kind < one.VAR_POSITIONAL]
    needed += [one.name for one in parameters if one.default is one.empty and one.kind == one.KEYWORD_ONLY]
    missing = [name for name in needed if name not in there]
    if missing or not (given or arguments or named):
        raise Fault("no_input", missing=missing or order[:1], given=sorted(there))
    if unknown and rest[0] and not rest[1]:  # `forward(*inputs)`: in the order in which they were given
        return list(enumerate(given.values()))
    places = {name: place for place, name in enumerate(order)}
    ahead = all(name in there for name in order[: max((places.get(name, -1) for name in given), default=-1) + 1])
    asked = []
    for name, sizes in sorted(given.items(), key=lambda one: places.get(one[0], len(order))):
        positional = name in places and (places[name] < len(arguments or ()) or (ahead and name not in named))
        asked.append((places[name] if positional else name or 0, sizes))
    return asked


def _saved(program: Any) -> bytes:
    """The program as a `.pt2` without its weights."""
    import torch

    state, moved = program.state_dict, {}
    for name, value in list(state.items()):
        if value.device.type != "meta":
            if id(value) not in moved:  # a tensor with two names stays one
                bare = value.detach().to("meta")
                if isinstance(value, torch.nn.Parameter):
                    bare = torch.nn.Parameter(bare, requires_grad=value.requires_grad)
                moved[id(value)] = bare
            state[name] = moved[id(value)]
    buffer = io.BytesIO()
    try:
        torch.export.save(program, buffer)
    except BaseException as error:
        raise Fault("raised", when="save", again=False, **_text(error)) from None
    return buffer.getvalue()


def _kind(error: BaseException) -> str:
    return "exit" if isinstance(error, SystemExit) else "raised"


def _text(error: BaseException) -> dict[str, Any]:
    """The type of an exception and the beginning of what it says."""
    try:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # the user's class cannot say it
        said = ""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = (lines or [""])[0].partition(" (unhinted: ")[0]  # torch says the same again
    return {"type": type(error).__name__, "text": first[:_LONGEST]}


def _raised(error: BaseException, request: dict[str, Any]) -> dict[str, Any]:
    """What an exception says, and the user's line that it comes from: the innermost one of their own files."""
    facts = _text(error)
    if isinstance(error, SyntaxError) and error.filename and error.lineno and os.path.isfile(error.filename):
        return dict(facts, file=os.path.abspath(error.filename), line=error.lineno)
    own = request["target"]
    chain: list[BaseException] = []
    outer: BaseException | None = error
    while outer is not None and outer not in chain:
        chain.append(outer)
        outer = outer.__cause__ or outer.__context__
    for rank in (0, 1):
        for one in chain:
            places = [place for place in _places(one) if _rank(place[0], own) <= rank]
            if places:
                return dict(facts, file=os.path.abspath(places[-1][0]), line=places[-1][1])
    return dict(facts, **_home(request))


def _places(error: BaseException) -> list[tuple[str, int]]:
    """The files and lines of an exception, the innermost last."""
    frames = traceback.walk_tb(error.__traceback__)
    return [(frame.f_code.co_filename, line) for frame, line in frames]


#: Folders of Python's own modules.
_STANDARD = tuple(filter(None, map(sysconfig.get_paths().get, ("stdlib", "platstdlib"))))


def _rank(path: str, own: str) -> int:
    """Whose a file is: 0 the user's, 1 that of a library, 2 that of torch, Keras or Python."""
    if path == own:
        return 0
    whole = os.path.abspath(path).replace(os.sep, "/")
    if path.startswith("<") or path == __file__:
        return 2
    for folder in ("/site-packages/", "/dist-packages/"):
        _, found, inside = whole.rpartition(folder)
        if found:
            return 2 if inside.partition("/")[0] in ("torch", "keras", "tensorflow", "tf_keras") else 1
    return 2 if whole.startswith(tuple(folder.replace(os.sep, "/") + "/" for folder in _STANDARD)) else 0


def _reached(error: BaseException) -> tuple[int, ...]:
    """How far `forward` got: the lines of the user's functions, from the outermost one in."""
    return tuple(line for path, line in _places(error) if _rank(path, "") < 2)


def _embeds(error: BaseException) -> bool:
    """Whether an exception comes from a table that is read with whole numbers."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code.co_name in ("embedding", "embedding_bag", "one_hot") for frame, _ in frames)


if __name__ == "__main__":
    main()
