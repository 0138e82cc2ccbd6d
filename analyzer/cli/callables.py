"""A callable on the command line in place of a model file: `package.module:callable`, `net.py:Net(width=2)`.

Its code is run (`running.py`). So only a word of the command line is taken for one: never a name in a folder, in a
configuration, in git or of a base, and never the name of a file that exists.
"""

from __future__ import annotations

import os
import re

from analyzer.cli.given import Given
from analyzer.loader.formats.call import Call

_NAME = r"[^\W\d]\w*"
_DOTTED = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_CALLED = re.compile(rf"({_NAME}(?:\.{_NAME})*)\s*\((.*)\)\s*", re.DOTALL)


def call_of(word: str) -> Call | None:
    """The callable that a word of the command line means; None for a file, a revision of git, an address.

    The last colon before the callable counts. The part before it is a module or ends in `.py`; the part behind it is a
    name, with arguments or without: what else there is, such as a path, is for git.

    >>> call_of("C:\\\\net.py:Net").target, call_of("m:Net('a:b')").arguments, call_of("main:net.yaml")
    ('C:\\\\net.py', "'a:b'", None)
    """
    if ":" not in word or word.startswith("git:") or "\0" in word or os.path.lexists(word):
        return None
    if word.rstrip().endswith(")"):
        for colon in (place for place, sign in enumerate(word) if sign == ":"):
            called = _CALLED.fullmatch(word[colon + 1 :])
            if called is not None and _is_target(word[:colon]):
                return Call(word, word[:colon], called[1], called[2].strip())
        return None
    target, _, name = word.rpartition(":")
    # `main:net.yaml` is a path in a revision
    is_name = _DOTTED.fullmatch(name) is not None and ("." not in name or target.endswith(".py"))
    return Call(word, target, name) if is_name and _is_target(target) else None


def _is_target(target: str) -> bool:
    """Whether a callable may be in it: a `.py` file, or a module."""
    return target.endswith(".py") or _DOTTED.fullmatch(target) is not None


def given_call(call: Call) -> Given:
    """A callable as a model that a command was given: it runs when the model is parsed."""
    return Given(call.label, b"", "pt2", call=call)


def folder_of(word: str) -> str:
    """The file whose configuration holds for a word; `-`, the current folder's, for a callable in a module.

    >>> folder_of("models/net.py:Net('a/b')"), folder_of("pkg.net:Net"), folder_of("net.yaml")
    ('models/net.py', '-', 'net.yaml')
    """
    call = call_of(word)
    return word if call is None else call.file or "-"
