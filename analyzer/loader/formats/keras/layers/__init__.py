"""The translators, one module a family. Importing this enters all of them in the tables of `call`."""

from analyzer.loader.formats.keras.layers import (  # noqa: F401
    activations,
    attention,
    convolutions,
    dense,
    merging,
    normalising,
    operations,
    pools,
    preprocessing,
    recurrent,
    regularising,
    reshaping,
    wrappers,
)
