"""Which files `analyzer check` checks: the models in a folder, and what it skips because it is not a model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from analyzer.cli.main import UsageError
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

#: A YAML file with one of these keys at its top is a model, or is meant to be one.
KEYS = ("layers", "input", "inputs")


#: The endings of the files in a folder that are models. Others are read where they are named.
ENDINGS = (".yaml", ".yml", ".pt2", ".onnx", ".keras", ".cfg", ".prototxt")

#: Endings that other files have too, and the format that a model with such an ending has.
_AMBIGUOUS = {".cfg": "darknet", ".prototxt": "caffe"}


class Found(Record):
    """A file to check. `others`: it is skipped if it is not a model, since nobody named it as one."""

    file: str
    others: bool


class Skipped(Record):
    """How many files were skipped: YAML files that are `others` than models, and what is not a regular file."""

    others: int = 0
    irregular: int = 0

    def __str__(self) -> str:
        """What was skipped, in one line; empty for nothing."""
        parts = []
        if self.others:
            files = "1 YAML file that has" if self.others == 1 else f"{self.others:,} YAML files that have"
            keys = f"{', '.join(f'`{key}`' for key in KEYS[:-1])} or `{KEYS[-1]}`"
            parts.append(f"{files} no {keys} at the top")
        if self.irregular:
            parts.append(
                f"{self.irregular:,} that {'is not a regular file' if self.irregular == 1 else 'are not regular files'}"
            )
        return f"skipped {' and '.join(parts)}" if parts else ""


def models(names: Sequence[str], skipped: Skipped, *, others: bool, empty: bool = False) -> list[Found]:
    """The files that these names mean: the files themselves, and those in and below folders that end as models do.

    `others`: also what was named is skipped if it is not a model. Raises `UsageError` for a folder without YAML files,
    unless it may be `empty`.
    """
    found: list[Found] = []
    for name in names:
        if name == "-" or not os.path.isdir(name):
            found.append(Found(name, others))
            continue
        files = list(_model_files(name))
        if not files and not empty:
            raise UsageError(f"no model found in `{name}`: no file in it ends in .yaml or .yml")
        regular = [file for file in files if os.path.isfile(file)]
        skipped.irregular += len(files) - len(regular)
        found += [Found(file, others=True) for file in regular]
    return found


def _model_files(name: str) -> Iterator[str]:
    for folder, folders, files in os.walk(name, onerror=_refuse):
        folders[:] = sorted(below for below in folders if not below.startswith("."))
        for file in sorted(files):
            path = os.path.join(folder, file)
            if file.lower().endswith(ENDINGS) and not file.startswith(".") and _may_be_model(path):
                yield path


def _may_be_model(path: str) -> bool:
    """Whether a file with one of `ENDINGS` may be a model: most `.cfg` are settings of something else.

    A `.prototxt` may be the settings of a training.
    """
    ending = next((ending for ending in _AMBIGUOUS if path.lower().endswith(ending)), None)
    if ending is None:
        return True
    from analyzer.loader.formats import HEAD, sniff  # few folders have such a file
    from analyzer.loader.text.files import FileError, read_bytes

    try:
        return sniff(read_bytes(path, HEAD), "") == _AMBIGUOUS[ending]
    except FileError:
        return False


def _refuse(error: OSError) -> NoReturn:
    """A folder that cannot be read is a fault: what is in it would not be checked."""
    raise UsageError(f"`{error.filename}` cannot be read: {error.strerror}")
