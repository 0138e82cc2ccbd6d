"""The short way through layers of Keras itself: their own rule for the shape of the output, without a calculation.

On torch, a norm or an activation on tensors without numbers takes longer than on numbers, and a recurrent layer runs
once for each step. The rule is the one by which Keras finds the shapes of a functional model. It is asked only where
the layer also says what it can read, so that a wrong input is refused as in a call.

Source: `compute_output_spec` and `input_spec` in keras/src/layers/layer.py (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.matching.keras.backend import Backend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The families whose layers are of one operation, by their module.
_FAMILIES = (
    "activations", "convolutional", "core.dense", "core.einsum_dense", "core.identity", "merging", "normalization",
    "pooling", "regularization", "reshaping", "rnn.conv_lstm", "rnn.gru", "rnn.lstm", "rnn.rnn", "rnn.simple_rnn",
)  # fmt: skip

#: Wrappers among them.
_NOT = ("SpectralNormalization",)


class Short:
    """Finds what a layer puts out by its rule, where it has one."""

    # By hand: it starts empty.
    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[type, bool] = {}

    def output(self, layer: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The tensors that a layer puts out; None where it must be called."""
        if len(args) != 1 or not layer.built or not self._has_rule(type(layer)):
            return None
        steps = self._backend.is_own(layer, "RNN")
        ignored = ("training", "mask", "initial_state") if steps else ("training",)
        if any(value is not None for name, value in kwargs.items() if name not in ignored):
            return None
        read = args[0]
        given = list(read) if isinstance(read, (list, tuple)) else [read]
        if not given or not all(self._backend.backend.is_tensor(one) for one in given):
            return None
        # A mask is an attribute that few tensors have; it changes no shape, but layers hand it on.
        mask = getattr(given[0], "_keras_mask", None)
        if not steps and any(getattr(one, "_keras_mask", None) is not None for one in given):
            return None
        if not layer.input_spec and (layer._trainable_variables or layer._non_trainable_variables):
            return None
        layer._assert_input_compatibility(read)
        described = [self._backend.tensor(tuple(one.shape), "float32") for one in given]
        made = layer.compute_output_spec(described if isinstance(read, (list, tuple)) else described[0])
        known = all(None not in one.shape for one in self._backend.flat(made))
        if not known:
            return None
        found = self._backend.numbers(made)
        if mask is not None:
            layer._set_mask_metadata(read, found, mask)
        return found

    def _has_rule(self, kind: type) -> bool:
        if kind not in self._known:
            prefix = f"{self._backend.root}.src.layers."
            family = kind.__module__.removeprefix(prefix)
            known = kind.__module__.startswith(prefix) and family.startswith(_FAMILIES) and kind.__name__ not in _NOT
            self._known[kind] = known
        return self._known[kind]
