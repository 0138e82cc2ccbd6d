"""The network in a file: JSON, the archive `.keras`, HDF5. Nothing is extracted or run, and no weight is read.

Sources: keras/src/saving/saving_lib.py, legacy_h5_format.py (Keras 3.15.1); TensorFlow.js' `model.json`.
"""

from __future__ import annotations

from analyzer.loader.text.files import FileError, opened, read_from
from analyzer.record import Record
from analyzer.source import inert, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO


#: The most bytes that are read of a text, counted while it is inflated.
MOST = 64 << 20

#: The most bytes of the list of files in an archive: about 100,000 files.
_MOST_LISTED = 8 << 20

#: What ends an archive: a mark, six numbers, and a comment of up to 64 KiB.
_END = b"PK\x05\x06"


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
        data = _parsed(_limited(stream, label, label), label, label)
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
    from zipfile import BadZipFile, ZipFile
    from zlib import error

    _refuse_long_list(stream, label)
    try:
        with ZipFile(stream) as archive:
            config = _member(archive.open("config.json"), label, "config.json")
            try:
                metadata = _member(archive.open("metadata.json"), label, "metadata.json")
            except KeyError:
                metadata = {}
    except KeyError:
        raise FileError(f"`{inert(label)}` is an archive without `config.json`, which a `.keras` has") from None
    except (BadZipFile, error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError) as problem:
        if isinstance(problem, RecursionError):
            raise
        raise FileError(f"`{inert(label)}` is a broken archive: {shown(str(problem), 100)}") from None
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return Loaded(_of_text(config, label).network, version if isinstance(version, str) else None)


def _refuse_long_list(stream: BinaryIO, label: str) -> None:
    """Refuses an archive whose list of files is long: the list is read as a whole."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    at = tail.rfind(_END)
    listed = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if listed > _MOST_LISTED:
        raise FileError(f"`{inert(label)}` is an archive of more files than a `.keras` has")
    stream.seek(0)


def _member(stream: Any, label: str, name: str) -> Any:
    with stream:
        return _parsed(_limited(stream, label, name), label, name)


def _limited(stream: Any, label: str, name: str) -> bytes:
    """The bytes of a text, up to the limit."""
    data = read_from(stream, label, MOST + 1)
    if len(data) > MOST:
        raise FileError(f"`{inert(name)}` is larger than {MOST >> 20} MiB, the limit for the description of a network")
    return data


def _parsed(data: bytes | str, label: str, name: str) -> Any:
    """JSON, in which no key appears twice. Raises `FileError`."""
    from json import loads

    try:
        return loads(data, object_pairs_hook=_unique)
    except RecursionError:
        raise FileError(f"`{inert(name)}` is nested too deeply") from None
    except (ValueError, MemoryError) as problem:
        where = "" if name == label else f" in `{inert(label)}`"
        raise FileError(f"`{inert(name)}`{where} is not valid JSON: {shown(str(problem), 100)}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"the key `{shown(twice)}` appears twice in one mapping")
    return found


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
    return Loaded(_of_text(_parsed(text, label, "model_config"), label).network, version)


def _attributes(file: Any) -> tuple[str | bytes | None, str | None]:
    text, version = file.attrs.get("model_config"), file.attrs.get("keras_version")
    if isinstance(version, bytes):
        version = version.decode("utf-8", "replace")
    found = text if isinstance(text, (str, bytes)) else None
    return found, version if isinstance(version, str) else None
