"""The reader: YAML text to a tree in which every key and value keeps its place."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.builder import Builder, TooMuch
from analyzer.loader.text.characters import refuse_text
from analyzer.loader.text.limits import Enough
from analyzer.loader.text.pyyaml import pyyaml
from analyzer.loader.text.read import Read
from analyzer.source import Span


def read_tree(text: str, file: str) -> Read:
    """The tree of a text, and the mistakes in its YAML."""
    problem = refuse_text(text, file)
    if problem is not None:
        return Read(None, [problem])
    yaml = pyyaml()
    builder = Builder(file)
    try:
        builder.read(text, yaml)
    except TooMuch:
        return Read(None, builder.problems)
    except Enough as enough:
        return Read(None, [*builder.problems, enough.note()])
    except yaml.error.MarkedYAMLError as error:
        from analyzer.loader.text.around import read_around  # with all that only a wrong text needs

        return read_around(text, file, error, builder)
    except (yaml.error.YAMLError, ValueError):  # without a place, and in words of PyYAML or of Python
        return Read(None, [*builder.problems, Diagnostic("YAML100", "not valid YAML", Span(file, 1, 1))])
    return Read(builder.root, builder.problems)
