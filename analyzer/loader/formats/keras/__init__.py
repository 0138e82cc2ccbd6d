"""Networks of Keras: `to_json` of Keras 2 and 3, the archive `.keras`, TensorFlow.js' `model.json`, and HDF5.

Only the description of the layers is read. Code in it (`Lambda`, classes of the author) is never imported or run.
"""

from __future__ import annotations

from analyzer.engine.network import Source
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.keras.files import Loaded, load, load_h5
from analyzer.loader.formats.sheet import Halted, Sheet
from analyzer.loader.text.files import FileError
from analyzer.source import inert


def read(file: str, label: str, asked: Asked) -> Sheet:
    """The sheet of a JSON text or of a `.keras`; see `analyzer.loader.formats`."""
    return _read(load(file, label), label, asked)


def read_h5(file: str, label: str, asked: Asked) -> Sheet:
    """The sheet of an HDF5 file, which needs h5py."""
    return _read(load_h5(file, label), label, asked)


def _read(loaded: Loaded, label: str, asked: Asked) -> Sheet:
    from analyzer.loader.formats.keras.network import write_network

    sheet = Sheet(label)
    sheet.source = Source("Keras", "keras", loaded.version)
    try:
        write_network(loaded.network, sheet, asked)
    except Halted:
        pass  # the expansion reports the last layer
    except RecursionError:
        raise FileError(f"`{inert(label)}` is nested too deeply") from None
    return sheet
