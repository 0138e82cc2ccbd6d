"""A network as Keras code."""

from analyzer.loader.writing.keras.file import write_keras

__all__ = ["write_keras"]
