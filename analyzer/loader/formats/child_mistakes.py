"""Why a callable gave no network: the facts that the child process tells, as findings at the user's own lines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from analyzer.diagnostics import UNREADABLE, Diagnostic, listed, nearest
from analyzer.loader.formats.call import Call
from analyzer.source import Span, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: The code of the user failed; it gave no network; torch cannot export the network.
FAILED, NOTHING, NOT_EXPORTED = "RUN101", "RUN102", "RUN103"

#: What torch raises where a value of a tensor decides what is calculated, by the names of the classes.
_DEPENDS = frozenset(("GuardOnDataDependentSymNode", "DataDependentOutputException", "TorchRuntimeError"))


def mistake(call: Call, facts: Mapping[str, Any], *, python: str, seconds: int) -> Diagnostic:
    """The finding about an answer that is an `error`. A fault of the command line or of a file has `UNREADABLE`."""
    return _MISTAKES[facts["error"]](_Case(call, facts, shown(python, 200), seconds))


class _Case:
    """An answer with what messages need beside it."""

    # By hand: what messages say of the call is made of it.
    def __init__(self, call: Call, facts: Mapping[str, Any], python: str, seconds: int) -> None:
        self.call = call
        self.label = shown(call.label, 200)
        self.facts = facts
        self.python = python
        self.seconds = seconds

    def fault(self, message: str) -> Diagnostic:
        """A fault of the command line."""
        return Diagnostic(UNREADABLE, message, None)

    def finding(self, code: str, message: str, *, notes: Sequence[str] = (), help: str | None = None) -> Diagnostic:
        """A finding at the user's line."""
        return Diagnostic(code, message, self.span, notes=notes, help=help)

    @property
    def span(self) -> Span:
        """The user's line; the callable itself where none is known."""
        file, line = self.facts.get("file"), self.facts.get("line")
        if file and line:
            return Span(self.path, line, 1)
        return Span(self.call.label, 0, 1, label="")

    @property
    def path(self) -> str:
        """The user's file: as it was written, or from the current folder."""
        file = self.facts.get("file", "")
        if self.call.file and file == os.path.abspath(self.call.file):
            return self.call.file
        try:
            relative = os.path.relpath(file)
        except (OSError, ValueError):  # the current folder was deleted, or another drive
            return str(file)
        return str(file) if relative.startswith(os.pardir) else relative

    @property
    def raised(self) -> str:
        """The exception, as Python writes it in its last line."""
        type, text = self.facts.get("type", ""), self.facts.get("text", "")
        return f"{type}: {text}" if text else str(type)


def _started(case: _Case) -> Diagnostic:
    inside = next((path for path in _pythons(case.python) if os.path.isfile(path)), None)
    hint = f"; did you mean `{inside}`?" if inside else ""
    return case.fault(f"`--python {case.python}` cannot be started: {case.facts['text']}{hint}")


def _pythons(folder: str) -> Sequence[str]:
    """Where the Python of an environment in a folder is."""
    return os.path.join(folder, "bin", "python"), os.path.join(folder, "Scripts", "python.exe")


def _late(case: _Case) -> Diagnostic:
    return case.fault(
        f"`{case.label}` was not exported within {case.seconds} s; `--timeout {4 * case.seconds}` waits longer"
    )


def _died(case: _Case) -> Diagnostic:
    code = case.facts["code"]
    if code < 0:
        import signal  # a rare end

        try:
            how = f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            how = f"was ended by the signal {-code}"
    else:
        how = f"ended itself with exit code {code}"
    return case.finding(
        FAILED,
        f"the process that built `{case.label}` {how}, so there is no network to read",
        help="the system ends a process so that needs too much memory" if code == -9 else None,
    )


def _no_module(case: _Case) -> Diagnostic:
    target = case.call.target
    hint = ""
    if case.facts["name"] == target:
        near = nearest(target, _importable())
        hint = f"; did you mean `{case.label.replace(target, near, 1)}`?" if near else ""
    path = f"{target.replace('.', '/')}.py"
    if not hint and os.path.isfile(path):
        hint = f"; did you mean `{case.label.replace(target, path, 1)}`?"
    return case.fault(f"{case.python} finds no module `{shown(case.facts['name'])}` for `{case.label}`{hint}")


def _importable() -> list[str]:
    """The modules in the current folder."""
    try:
        names = os.listdir(".")
    except OSError:
        return []
    return [name.removesuffix(".py") for name in names if name.endswith(".py") or os.path.isfile(f"{name}/__init__.py")]


def _not_installed(case: _Case) -> Diagnostic:
    name = case.facts["name"]
    if name == "torch":
        return case.fault(
            f"torch is not installed in {case.python}, which runs `{case.label}`; `--python PATH` names a Python that has it"
        )
    place = f"`{case.path}:{case.facts['line']}`" if "file" in case.facts else f"`{case.label}`"
    return case.fault(
        f"{place} imports `{shown(name)}`, which is not installed in {case.python}; `--python PATH` names another Python"
    )


def _old_torch(case: _Case) -> Diagnostic:
    return case.fault(
        f"torch {case.facts['version']} in {case.python} has no `torch.export`; torch 2.2 or later is needed"
    )


def _missing(case: _Case) -> Diagnostic:
    part, names, target = case.facts["part"], case.facts["names"], case.call.target
    own = case.facts["own"] or names
    near = nearest(part, own) or nearest(part, names)
    hint = f"did you mean `{near}`?" if near else f"it has {listed(own[:8], last='and')}" if own else "it has none"
    if not near and os.path.isfile(f"{target}.py"):  # it has the name of a module that Python has imported
        hint = f"did you mean `{case.label.replace(target, f'{target}.py', 1)}`?"
    return case.fault(f"`{case.call.target}` has no callable `{shown(part)}`; {hint}")


def _arguments(case: _Case) -> Diagnostic:
    name, call, facts = case.call.name, case.call, case.facts
    unknown = facts["unknown"]
    if unknown:
        near = nearest(unknown[0], facts["known"])
        hint = f"; did you mean `{near}`?" if near else f"; it takes {listed(facts['known'], last='and')}"
        return case.fault(f"`{name}` takes no argument `{shown(unknown[0])}`{hint}")
    if facts["missing"]:
        written = [call.arguments] if call.arguments else []
        spelled = ", ".join([*written, *(f"{one}=…" for one in facts["missing"])])
        needs = listed(facts["missing"], last="and")
        return case.fault(f"`{name}` needs {needs}: write `{call.target}:{name}({spelled})`")
    return case.fault(f"`{name}` does not take these arguments: {facts['text']}")


def _no_network(case: _Case) -> Diagnostic:
    type, name = case.facts["type"], case.call.name
    if case.facts["is_class"]:
        return case.finding(NOTHING, f"`{name}` returned the class `{type}`, not a module: return `{type}(…)`")
    article = "an" if type[:1].lower() in "aeio" else "a"
    is_what = f"is {article} `{type}`, no callable" if case.facts["how"] == "found" else f"returned {article} `{type}`"
    if type == "NoneType":
        is_what = "returned nothing"
    return case.finding(
        NOTHING,
        f"`{name}` {is_what}: a module of torch, (module, arguments) or a Keras model is needed",
    )


def _no_json(case: _Case) -> Diagnostic:
    return case.finding(
        NOTHING,
        f"Keras has no configuration of `{case.label}`: {case.raised}",
        help="build it with the functional API, or give `get_config` to its class",
    )


def _no_input(case: _Case) -> Diagnostic:
    missing, given = case.facts["missing"], case.facts["given"]
    if given:
        inputs = " ".join(f"--input {one}=VOLUME" for one in missing)
        return case.fault(f"`forward` of `{case.label}` needs {listed(missing, last='and')} too: `{inputs}`")
    if len(missing) > 1:
        inputs = " ".join(f"--input {one}=VOLUME" for one in missing)
        return case.fault(f"the sizes of the inputs of `{case.label}` are needed, depth last: `{inputs}`")
    return case.fault(f"the size of the input of `{case.label}` is needed, depth last: `--input 224x224x3`")


def _unknown_input(case: _Case) -> Diagnostic:
    name, known = case.facts["name"], case.facts["known"]
    near = nearest(name, known)
    hint = f"did you mean `{near}`? " if near else ""
    return case.fault(
        f"`forward` of `{case.label}` has no input `{shown(name)}`; {hint}its inputs are {listed(known, last='and')}"
    )


def _exit(case: _Case) -> Diagnostic:
    text = case.facts["text"]
    return case.finding(
        FAILED,
        f"`sys.exit({shown(text)})` ended the code of `{case.label}`, so there is no network to read",
        help="put what a program does under `if __name__ == '__main__':`" if case.facts["when"] == "import" else None,
    )


def _raised(case: _Case) -> Diagnostic:
    when = case.facts["when"]
    if when == "import":
        return case.finding(FAILED, f"`{case.call.target}` cannot be imported: {case.raised}")
    if when == "build":
        return case.finding(FAILED, f"`{case.call.name}` cannot be built: {case.raised}")
    notes = (
        [f"its inputs were {', '.join(case.facts['shapes'])}, batch and depth first"]
        if case.facts.get("shapes")
        else []
    )
    return case.finding(
        NOT_EXPORTED,
        f"`torch.export` refuses `{case.label}`: {case.raised}",
        notes=notes,
        help=_advice(case.facts.get("kinds", ())),
    )


def _advice(kinds: Sequence[str]) -> str | None:
    """What helps with an exception of torch, by the names of its class and their bases."""
    if not _DEPENDS.isdisjoint(kinds):
        return "a value of a tensor decides here; use `torch.cond` or `torch.where`, or a number that is known before"
    if "UserError" in kinds:
        return "a callable may also return a program that it exported itself: `torch.export.export(net, (x,), strict=True)`"
    if kinds[:1] == ["RuntimeError"]:
        return "if the shape is wrong: `--input` has the depth last and no batch, `224x224x3` for 1x3x224x224"
    return None


_MISTAKES: Mapping[str, Callable[[_Case], Diagnostic]] = {
    "started": _started,
    "late": _late,
    "died": _died,
    "no_module_named": _no_module,
    "not_installed": _not_installed,
    "old_torch": _old_torch,
    "missing": _missing,
    "arguments": _arguments,
    "no_network": _no_network,
    "no_json": _no_json,
    "no_input": _no_input,
    "unknown_input": _unknown_input,
    "exit": _exit,
    "raised": _raised,
}
