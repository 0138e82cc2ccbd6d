"""The program in a `.pt2`: a zip, of which one JSON is read. Pickles and weights in it are never opened.

Sources: torch/export/pt2_archive/constants.py (2.13.0); torch/export/__init__.py (2.5 for the older form).
"""

from __future__ import annotations

from analyzer.diagnostics import listed
from analyzer.loader.formats.archives import in_archive, limited, parsed
from analyzer.loader.formats.pt2.inlining import inlined
from analyzer.loader.formats.pt2.program import Program, check_count, program_of
from analyzer.loader.text.files import FileError, opened
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zipfile import ZipFile

#: Where the JSON is: behind the name of the archive since torch 2.8, alone before.
_FOLDER, _ENDING, _OLD = "models/", ".json", "serialized_exported_program.json"


def load(file: str, label: str) -> Program:
    """The program of a file. Raises `FileError` where it has none, `Broken` where the JSON is not that of a program."""
    with opened(file) as stream:
        name, text = in_archive(stream, label, ".pt2", lambda archive: _program(archive, label))
    check_count(text.count(b'"target"'))  # JSON of millions of nodes takes gigabytes
    data = parsed(text, label, name, unique=False)
    del text
    return inlined(program_of(data))


def _program(archive: ZipFile, label: str) -> tuple[str, bytes]:
    """The name and the text of the only program in an archive."""
    names = [name for name in archive.namelist() if _is_program(name)]
    if not names:
        raise FileError(
            f"`{inert(label)}` is an archive without `models/model.json`: `torch.export.save` did not write it, or not whole"
        )
    if len(set(names)) < len(names):
        raise FileError(f"`{inert(label)}` has two files `{inert(names[0])}`")
    if len(names) > 1:
        raise FileError(f"`{inert(label)}` has {len(names)} programs ({listed(names[:4])}); save one by itself")
    with archive.open(names[0]) as stream:
        return names[0], limited(stream, label, names[0])


def _is_program(name: str) -> bool:
    """Whether a file of an archive is a program."""
    parts = name.split("/")
    return name.endswith(_OLD) or (len(parts) > 1 and parts[-2] == "models" and parts[-1].endswith(_ENDING))
