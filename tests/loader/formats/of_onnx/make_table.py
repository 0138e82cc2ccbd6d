"""Makes `operators/table.py`: which module has each operator.

    python tests/loader/formats/of_onnx/make_table.py > analyzer/loader/formats/onnx/operators/table.py

A file is read in less time where only the modules of its operators are imported.
"""

from __future__ import annotations

import sys
from pathlib import Path

from analyzer.loader.formats.onnx import operators
from analyzer.loader.formats.onnx.reading import OPERATORS, PARTS

HEAD = '''"""The modules of this folder by the operators that they read; tests/loader/formats/of_onnx/make_table.py makes it."""

from __future__ import annotations

MODULES = {
'''


def table() -> str:
    """The text of the table."""
    for path in sorted(Path(operators.__file__).parent.glob("*.py")):
        if path.stem not in ("__init__", "table"):
            __import__(f"{operators.__name__}.{path.stem}")
    modules: dict[str, set[str]] = {}
    for name, function in (*OPERATORS.items(), *PARTS.items()):
        modules.setdefault(function.__module__.rpartition(".")[2], set()).add(name)
    lines = []
    for module, names in sorted(modules.items()):
        line = f'    "{module}": ('
        lines.append(line)
        row = "       "
        for name in sorted(names):
            if len(row) + len(name) + 4 > 118:
                lines.append(row)
                row = "       "
            row += f' "{name}",'
        lines += [row, "    ),"]
    return HEAD + "\n".join(lines) + "\n}  # fmt: skip\n"


if __name__ == "__main__":
    sys.stdout.write(table())
