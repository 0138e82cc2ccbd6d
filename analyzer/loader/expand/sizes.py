"""Which input sizes a description accepts: from the settings as they were given to the answer."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.diagnostics import ModelError, listed, nearest
from analyzer.engine.network import Network
from analyzer.engine.sizing.output import Wanted
from analyzer.engine.sizing.result import Sizes
from analyzer.engine.sizing.search import Asked, find
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.description import Model
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.volume import Volume, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A range of more sizes is refused.
_MOST = 100_000


def sizes_of(
    model: Model,
    *,
    of: str | None = None,
    near: object = None,
    range: object = None,
    output: object = None,
    set: Mapping[str, Any] | None = None,
    input: Mapping[str, str] | str | None = None,
) -> Sizes:
    """Which sizes of an input a description accepts, on each spatial axis and on axes together.

    `of` is the name of the input (the first one), `near` the sizes that the nearest are about (its own), `range` the
    smallest and the largest size to try, `output` an output to reach; each as `analyzer.sizes` takes it. The file's own
    size need not fit, and no `expect` is compared.

    Raises `ModelError` for a description whose inputs have no volume, `SettingError` for a wrong setting.
    """
    network, problems = expand(model, set=set, input=input, hints=False)
    if not network.inputs:
        raise ModelError(problems, model.text)
    name, volume = _input(network, of)
    asked = Asked(
        input=name,
        near=volume.spatial if near is None else read_near(near, volume),
        tried=None if range is None else read_range(range),
        wanted=None if output is None else read_wanted(output),
    )
    sizes = find(network, asked)
    sizes.file, sizes.name = model.file, model.name
    if not any(one.accepted for one in sizes.answers):
        given = (
            dict(input) if isinstance(input, Mapping) else {} if input is None else {next(iter(model.inputs)): input}
        )
        largest = {name: str(volume) for name, volume in sizes.largest.items()}
        sizes.diagnostics = expand(model, set=set, input={**given, **largest})[1]
    return sizes


def _input(network: Network, of: str | None) -> tuple[str, Volume]:
    """The input that is asked about. Raises `SettingError` where there is none with spatial axes."""
    volumes = {node.name: node.output for node in network.inputs}
    name = next(iter(volumes)) if of is None else of
    if name not in volumes:
        near = nearest(name, volumes)
        meant = f"did you mean `{near}`? " if near else ""
        known = listed(volumes, last="and")
        raise SettingError(f"`{{of}}`: the model has no input `{shown(name)}`; {meant}its inputs are {known}", "of")
    if volumes[name].rank == 0:
        others = [other for other, volume in volumes.items() if volume.rank]
        help = f"; `{{of}}` takes {listed(others)}" if others else ""
        said = f"`{name}` is a vector of {volumes[name].depth:,} values, without a spatial axis whose size could change"
        raise SettingError(f"{said}{help}", *(["of"] if others else []))
    return name, volumes[name]


def read_near(value: object, volume: Volume) -> tuple[int, ...]:
    """The sizes on each spatial axis: one for all, one for each, or a volume; a `?` is the size of the input."""
    sizes = _sizes(value)
    rank = volume.rank
    if sizes is not None and len(sizes) == rank + 1 and sizes[-1] in (None, volume.depth):
        sizes = sizes[:-1]
    if sizes is not None and len(sizes) == 1:
        sizes *= rank
    if sizes is None or len(sizes) != rank:
        example = "x".join(map(str, volume.spatial))
        said = f"a size such as `{example}` is needed for an input of {volume.pretty()}, not `{_told(value)}`"
        raise SettingError(f"`{{near}}`: {said}", "near")
    return tuple(own if size is None else size for size, own in zip(sizes, volume.spatial, strict=True))


def read_range(value: object) -> range:
    """The sizes to try: the first and the last one, as `1:512` or as two numbers."""
    parts = value.split(":") if isinstance(value, str) else value
    ends = [_whole(part) for part in parts] if isinstance(parts, (list, tuple)) else []
    first, last = ends if len(ends) == 2 else (None, None)
    if first is None or last is None:
        said = f"the smallest and the largest size are needed, such as `1:512`, not `{_told(value)}`"
    elif first > last:
        said = f"`{_told(value)}` has no sizes; write `{last}:{first}`"
    elif last - first >= _MOST:
        said = f"`{_told(value)}` has more than {_MOST:,} sizes"
    else:
        return range(first, last + 1)
    raise SettingError(f"`{{range}}`: {said}", "range")


def read_wanted(value: object) -> Wanted:
    """The output to reach: `64x64`, `64x64x8` or `name=64x64`; a `?` is any size."""
    text = _told(value)
    name, equals, written = text.rpartition("=") if isinstance(value, str) else ("", "", value)
    sizes = _sizes(written)
    if sizes is None or (equals and not name):
        raise SettingError(f"`{{output}}`: a size such as `64x64` is needed, not `{text}`", "output")
    return Wanted(text, sizes, name or None)


def is_size(text: str) -> bool:
    """Whether a text is an output to reach, and not the name of a file."""
    return _sizes(text.rpartition("=")[2]) is not None


def _sizes(value: object) -> tuple[int | None, ...] | None:
    """Sizes as they are written: `64x64`, a whole number, or several; None for what is none."""
    if isinstance(value, str):
        sizes = read_sizes(value)
        return None if sizes is None or 0 in sizes else tuple(sizes)
    parts = value if isinstance(value, (list, tuple)) else [value]
    known = [_whole(part) for part in parts]
    return None if None in known or not known else tuple(known)


def _whole(value: object) -> int | None:
    """A whole number of at least 1; None for what is none."""
    if isinstance(value, str):
        value = value.strip()
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 and int(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _told(value: object) -> str:
    """A setting's value for people."""
    if isinstance(value, (list, tuple)):
        return shown("x".join(map(str, value)))
    return shown(str(value))
