"""What each layer type of Caffe is: functions by name, one module a family."""

from __future__ import annotations


def load() -> None:
    """Fills the table of layer types."""
    from analyzer.loader.formats.caffe.operators import (  # noqa: F401
        axes,
        detection,
        elements,
        norms,
        products,
        recurrent,
        windows,
    )
