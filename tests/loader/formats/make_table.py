"""Makes `operators/table.py` of a format: which module has each operator.

    python tests/loader/formats/make_table.py onnx > analyzer/loader/formats/onnx/operators/table.py
    python tests/loader/formats/make_table.py pt2 > analyzer/loader/formats/pt2/operators/table.py

A file is read in less time where only the modules of its operators are imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HEAD = '''"""The modules of this folder by the operators that they read; tests/loader/formats/make_table.py makes it."""

from __future__ import annotations

MODULES = {
'''


def table(format: str) -> str:
    """The text of the table of a format."""
    room = import_module(f"analyzer.loader.formats.{format}.operators")
    for path in sorted(Path(room.__file__ or "").parent.glob("*.py")):
        if path.stem not in ("__init__", "table"):
            import_module(f"{room.__name__}.{path.stem}")
    reading = vars(import_module(f"analyzer.loader.formats.{format}.reading"))
    modules: dict[str, set[str]] = {}
    for name, function in (*reading["OPERATORS"].items(), *reading.get("PARTS", {}).items()):
        short = name if format != "pt2" else name.removeprefix("aten.").partition(".")[0]
        modules.setdefault(function.__module__.rpartition(".")[2], set()).add(short)
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
    sys.stdout.write(table(sys.argv[1]))
