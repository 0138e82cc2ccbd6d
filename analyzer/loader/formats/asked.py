"""What a reader is asked for beside the file: other input volumes, sizes of named axes, values of variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.diagnostics import listed, nearest
from analyzer.loader.formats.sheet import legal
from analyzer.loader.parse.inputs import refuse_volume
from analyzer.loader.text.tree import Scalar, Way, value_of
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.volume import read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Asked:
    """The values of `--input` and `--set`, as a reader asks for them by name.

    It remembers which names the reader asked for. `check` then refuses the others: the network does not have them. A
    name is that of the file; as the sheet spells it (`legal`), it is found too.

    >>> asked = Asked({"image": "48x64x3", "seq_len": "64"}, {"sr": "16000"})
    >>> asked.volume("image", first=True), asked.axis("seq_len"), asked.value("sr")
    ((48, 64, 3), 64, 16000)
    """

    # By hand: what is given has several forms.
    def __init__(
        self, input: Mapping[str, object] | object | None = None, set: Mapping[str, object] | None = None
    ) -> None:
        self._input: dict[str, str] = {}
        self._first: str | None = None
        if isinstance(input, Mapping):
            self._input = {name: str(text) for name, text in input.items()}
        elif input is not None:
            self._first = str(input)
        self._set = dict(set or {})
        self._inputs: dict[str, None] = {}
        self._axes: dict[str, None] = {}
        self._values: dict[str, None] = {}

    def volume(self, name: str, *, first: bool) -> tuple[int, ...] | None:
        """The sizes that are asked for the input `name`, its depth last; None where nothing is asked for it.

        `first` is whether it is the network's first input, which a volume without a name is for. Raises `SettingError`
        for what is no volume.
        """
        self._inputs[name] = None
        text = _given(self._input, name)
        if text is None and first:
            text = self._first
        if text is None:
            return None
        refusal = refuse_volume(text)
        if refusal is not None:
            raise SettingError(f"the input {refusal.message}" + (f"; {refusal.help}" if refusal.help else ""))
        return tuple(size or 0 for size in read_sizes(text) or ())

    def axis(self, name: str) -> int | None:
        """The size that is asked for the axis `name`, which it has everywhere; None where nothing is asked for it."""
        self._axes[name] = None
        text = _given(self._input, name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and 0 < int(text[:16]) < 10**15):
            raise SettingError(f"`{shown(name)}` is an axis; its size is a whole number above 0, not `{shown(text)}`")
        return int(text)

    def value(self, name: str) -> Any:
        """The value that is asked for the variable `name`: a number, a truth value or a word; None for nothing."""
        self._values[name] = None
        value = _given(self._set, name)
        return value_of(Scalar(value, _WAY, _WAY, plain=True)) if isinstance(value, str) else value

    def check(self) -> None:
        """Raises `SettingError` for an input, an axis or a variable that the reader did not ask for."""
        known = [*self._inputs, *self._axes]
        for name in _unknown(self._input, known):
            inputs = f"its inputs are {listed(self._inputs, last='and')}" if self._inputs else "it has no inputs"
            axes = f", its open axes {listed(self._axes, last='and')}" if self._axes else ""
            raise SettingError(f"the model has no input `{shown(name)}`; {_meant(name, known)}{inputs}{axes}")
        for name in _unknown(self._set, self._values):
            has = f"its variables are {listed(self._values, last='and')}" if self._values else "it has no variables"
            raise SettingError(f"the model has no variable `{shown(name)}`; {_meant(name, self._values)}{has}")


_WAY = Way("", 0)


def _given(values: Mapping[str, Any], name: str) -> Any:
    return values[name] if name in values else values.get(legal(name))


def _unknown(given: Iterable[str], known: Iterable[str]) -> list[str]:
    names = {spelled for name in known for spelled in (name, legal(name))}
    return [name for name in given if name not in names]


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"did you mean `{shown(near)}`? " if near else ""
