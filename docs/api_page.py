"""The page of the Python API, made from the signatures and docstrings of the names that `import analyzer` offers."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import analyzer
from analyzer import testing

_HEAD = """\
# Python

`import analyzer` offers the names on this page, and [`analyzer.testing`](#analyzertesting) those at its end. Everything
else in the package may change without notice.

```python
import analyzer

analysis = analyzer.analyze("example_models/resnet50.yaml", batch=32)
print(analysis.totals.shared.parameters, analysis.totals.local.parameters, analysis.totals.macs)
for row in analysis.rows[:3]:
    print(row.name, row.output, row.shared.parameters, row.macs)
```

"""
_TESTING = """\
For test suites and training scripts: [what is compared, and recipes](testing.md). It is imported by its own name.

"""
#: A longer signature has one parameter on each line.
_WIDE = 100


def page() -> Iterator[str]:
    """The page, piece by piece."""
    yield _HEAD
    yield from _parts(analyzer, headings=True)
    yield f"## analyzer.testing\n\n{_TESTING}"
    yield from _parts(testing, headings=False)
    yield "[All pages](README.md)\n"


def _parts(module: ModuleType, *, headings: bool) -> Iterator[str]:
    """The names of a module: its functions, what they return, and what they raise."""
    things = {name: getattr(module, name) for name in sorted(module.__all__) if not name.startswith("__")}
    errors = {name: thing for name, thing in things.items() if isinstance(thing, type) and issubclass(thing, Exception)}
    classes = {name: thing for name, thing in things.items() if isinstance(thing, type) and name not in errors}
    functions = {name: thing for name, thing in things.items() if name not in errors and name not in classes}
    for heading, group in {"Functions": functions, "Results": classes, "Errors": errors}.items():
        yield f"## {heading}\n\n" if headings else ""
        for name, thing in group.items():
            yield f"### {name}\n\n"
            yield from _class(thing) if isinstance(thing, type) else _function(f"{module.__name__}.{name}", thing)


def _function(name: str, function: Any) -> Iterator[str]:
    yield f"```python\n{_signature(name, function)}\n```\n\n"
    yield from _prose(inspect.getdoc(function) or "")


def _class(thing: type) -> Iterator[str]:
    yield from _prose(inspect.getdoc(thing) or "")
    fields = {
        name: kind
        for name, kind in vars(thing).get("__annotations__", {}).items()
        if _public(name) and "ClassVar" not in kind
    }
    if fields:
        yield "| field | type |\n|---|---|\n"
        yield from (f"| `{name}` | `{kind.replace('|', chr(92) + '|')}` |\n" for name, kind in fields.items())
        yield "\n"
    for name, member in vars(thing).items():
        found = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not _public(name) or not inspect.isfunction(found) or not inspect.getdoc(found) or name == "check":
            continue
        first = (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ")
        line = f"- `{name if isinstance(member, property) else _call(name, found)}`: {first}"
        yield textwrap.fill(line, 118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False) + "\n"
    yield "\n"


def _public(name: str) -> bool:
    return not name.startswith("_")


def _call(name: str, function: Any) -> str:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return f"{name}({', '.join(_parameter(parameter) for parameter in parameters)})"


def _signature(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    parameters, starred = [], False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parameters.append("*")
            starred = True
        parameters.append(_parameter(parameter))
    end = "" if signature.return_annotation is signature.empty else f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(parameters)}){end}"
    if len(line) <= _WIDE:
        return line
    inside = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{inside}){end}"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_KEYWORD: "**", parameter.VAR_POSITIONAL: "*"}.get(parameter.kind, "")
    kind = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
    equals = " = " if kind else "="
    default = "" if parameter.default is parameter.empty else f"{equals}{parameter.default!r}"
    return f"{stars}{parameter.name}{kind}{default}"


def _prose(text: str) -> Iterator[str]:
    """A docstring as Markdown: its examples and tables become blocks of code."""
    for paragraph in text.split("\n\n"):
        kind = "python" if paragraph.startswith(">>> ") else "text" if re.match(r"(    )?\S+  +\S", paragraph) else ""
        yield f"```{kind}\n{paragraph}\n```\n\n" if kind else f"{paragraph}\n\n"
