"""What common functions of torch put out for tensors without data.

torch calculates this itself, but takes up to five milliseconds for one normalisation. Where anything is unusual the
answer is None, and torch is asked, so that a mistake is torch's own message.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


#: Functions of recurrent layers.
_RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}

#: Functions that read the lengths of sequences.
_COUNTING = {"_pack_padded_sequence", "_pad_packed_sequence"}


def counts(name: str, args: Sequence[Any]) -> bool:
    """Whether a function reads the lengths of sequences from an argument, which has data in any case."""
    return name in _COUNTING or (name in _RECURRENT and len(args) == 9 and isinstance(args[3], (list, tuple)))


def shortcut(name: str, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """What the function of this name puts out for arguments without data; None where torch has to say it."""
    answer = _ANSWERS.get(name)
    tensor = sys.modules["torch"].Tensor
    if sys.modules["torch"].is_grad_enabled():  # the module derives: what it derives by has to be known
        return None
    if name in _RECURRENT and len(args) == 9:
        return _packed(args) if counts(name, args) else _recurrent(args)
    if answer is None or not args or type(args[0]) is not tensor or not args[0].is_meta:
        return None
    others = [one for one in (*args[1:], *named.values()) if isinstance(one, tensor)]
    if any(not one.is_meta or one.dtype != args[0].dtype for one in others):
        return None
    return answer(args, named, others)


def _like(args: Sequence[Any], named: Mapping[str, Any], others: Sequence[Any]) -> Any:
    """A function of each element."""
    if others or named.get("inplace") or not args[0].is_floating_point() or True in args[1:]:
        return None
    return sys.modules["torch"].empty_like(args[0])


def _batch_norm(args: Sequence[Any], named: Mapping[str, Any], others: Sequence[Any]) -> Any:
    """Batch normalisation: numbers for each channel. A batch of 1 is enough, also for statistics of it."""
    first = args[0]
    if first.dim() < 2 or any(one.shape != first.shape[1:2] for one in others):
        return None
    return sys.modules["torch"].empty_like(first)


def _layer_norm(args: Sequence[Any], named: Mapping[str, Any], others: Sequence[Any]) -> Any:
    """Layer normalisation: a number for each element of the last axes."""
    first, last = args[0], args[1] if len(args) > 1 else named.get("normalized_shape")
    if not isinstance(last, (tuple, list)) or not last or first.shape[-len(last) :] != tuple(last):
        return None
    if any(one.shape != tuple(last) for one in others):
        return None
    return first.new_empty(first.shape)


def _linear(args: Sequence[Any], named: Mapping[str, Any], others: Sequence[Any]) -> Any:
    """A product with a matrix of output x input numbers, and biases."""
    first, rows = args[0], others[0].shape[:1] if others else ()
    if len(rows) != 1 or others[0].shape[1:] != first.shape[-1:] or any(one.shape != rows for one in others[1:]):
        return None
    return first.new_empty((*first.shape[:-1], *rows))


def _recurrent(args: Sequence[Any]) -> Any:
    """A recurrent layer over one sequence, which torch would walk step by step. Its module has checked the input."""
    first, state = args[0], args[1] if isinstance(args[1], (list, tuple)) else [args[1]]
    if not all(one.is_meta for one in (first, *state)):
        return None
    out = first.new_empty((*first.shape[:-1], (2 if args[7] else 1) * state[0].shape[-1]))
    return (out, *map(sys.modules["torch"].empty_like, state))


def _packed(args: Sequence[Any]) -> Any:
    """A recurrent layer over sequences of several lengths, which torch only calculates with data.

    Its own check of the input is left out there, so it is made here, in its words.
    """
    first, state = args[0], args[2] if isinstance(args[2], (list, tuple)) else [args[2]]
    size = args[3][0].shape[-1]
    if first.shape[-1] != size:
        raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {size}, got {first.shape[-1]}")
    out = first.new_empty((first.shape[0], (2 if args[8] else 1) * state[0].shape[-1]))
    return (out, *map(sys.modules["torch"].empty_like, state))


_ANSWERS: dict[str, Callable[[Sequence[Any], Mapping[str, Any], Sequence[Any]], Any]] = {
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "linear": _linear,
    **dict.fromkeys(("gelu", "silu", "mish", "hardswish", "hardsigmoid", "relu6", "elu", "leaky_relu"), _like),
}
