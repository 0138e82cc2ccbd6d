"""The network in a file: JSON, the archive `.keras`, HDF5. Nothing is extracted or run, and no weight is read.

Sources: keras/src/saving/saving_lib.py, legacy_h5_format.py (Keras 3.15.1); TensorFlow.js' `model.json`.
"""

from __future__ import annotations

from analyzer.loader.formats.archives import MOST, in_archive, limited, parsed
from analyzer.loader.text.files import FileError, opened
from analyzer.record import Record
from analyzer.source import inert, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO
    from zipfile import ZipFile


#: The texts of a `.keras` that are read.
_MEMBERS = ("config.json", "metadata.json")


class Loaded(Record):
    """A network as its file has it: the serialised object, and the version of Keras that wrote it, if the file says."""

    network: Any
    version: str | None


def load(file: str, label: str) -> Loaded:
    """The network of a text or of an archive. Raises `FileError` where there is none."""
    with opened(file) as stream:
        if stream.read(2) == b"PK":
            return _of_archive(stream, label)
        stream.seek(0)
        data = parsed(limited(stream, label, label), label, label)
    return _of_text(data, label)


def _of_text(data: Any, label: str) -> Loaded:
    """The network of a `to_json`, or of TensorFlow.js' `model.json`."""
    if not isinstance(data, dict):
        raise FileError(f"`{inert(label)}` has no network: its JSON is not a mapping")
    outer = data.get("modelTopology") if "modelTopology" in data else data
    found = outer.get("model_config", outer) if isinstance(outer, dict) else outer
    version = outer.get("keras_version", data.get("keras_version")) if isinstance(outer, dict) else None
    if not isinstance(found, dict) or "class_name" not in found:
        raise FileError(f"`{inert(label)}` has no network of Keras: `class_name` is missing")
    return Loaded(found, version if isinstance(version, str) else None)


def _of_archive(stream: BinaryIO, label: str) -> Loaded:
    """The network of a `.keras`: two of its files, by their names."""
    found = in_archive(stream, label, ".keras", lambda archive: [_member(archive, label, name) for name in _MEMBERS])
    config, metadata = found
    if config is None:
        raise FileError(f"`{inert(label)}` is an archive without `config.json`, which a `.keras` has")
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return Loaded(_of_text(config, label).network, version if isinstance(version, str) else None)


def _member(archive: ZipFile, label: str, name: str) -> Any:
    """A text of an archive; None where the archive does not have it."""
    try:
        stream = archive.open(name)
    except KeyError:
        return None
    with stream:
        return parsed(limited(stream, label, name), label, name)


def load_h5(file: str, label: str) -> Loaded:
    """The network of an HDF5 file: the attribute `model_config` of its root. Raises `FileError` where there is none."""
    try:
        from h5py import File
    except ImportError:
        raise FileError(
            f"`{inert(label)}` is an HDF5 file, which needs the extra `h5`: pip install 'conv-analyzer[h5]'"
        ) from None
    with opened(file):
        pass  # refuses what is no regular file, in the words of every command
    try:
        with File(file, "r") as opened_file:
            text, version = _attributes(opened_file)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as problem:
        raise FileError(f"`{inert(label)}` is a broken HDF5 file: {shown(str(problem), 100)}") from None
    if text is None:
        raise FileError(
            f"`{inert(label)}` has weights only: it has no `model_config`. Save the whole network, "
            "`model.save('net.keras')`, or its layers, `model.to_json()`"
        )
    if len(text) > MOST:
        raise FileError(f"`model_config` is larger than {MOST >> 20} MiB, the limit for the description of a network")
    return Loaded(_of_text(parsed(text, label, "model_config"), label).network, version)


def _attributes(file: Any) -> tuple[str | bytes | None, str | None]:
    text, version = file.attrs.get("model_config"), file.attrs.get("keras_version")
    if isinstance(version, bytes):
        version = version.decode("utf-8", "replace")
    found = text if isinstance(text, (str, bytes)) else None
    return found, version if isinstance(version, str) else None
