"""The program that wrote a network, as people call it."""

from __future__ import annotations

from analyzer.engine.network import Source

#: The formats as people call them.
FORMATS = {"onnx": "ONNX", "keras": "Keras", "h5": "Keras (HDF5)", "darknet": "Darknet", "caffe": "Caffe"}


def read_from(source: Source) -> list[str]:
    """The format that a network was read from, and the program that wrote it.

    >>> read_from(Source("onnx", "pytorch", "2.13.0")), read_from(Source("keras", "keras"))
    (['ONNX', 'written by pytorch 2.13.0'], ['Keras'])
    """
    written = " ".join(filter(None, (source.producer, source.version)))
    if written.lower() == source.format:
        written = ""  # a program that writes its own format, without its version
    return [FORMATS.get(source.format, source.format), *([f"written by {written}"] if written else [])]
