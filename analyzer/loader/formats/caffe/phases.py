"""Which layers of a file are in the network: a layer may belong to training or to a test run, to a level, to stages.

Source: `FilterNet` and `StateMeetsRule` of net.cpp, BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.text import Message
from analyzer.loader.formats.caffe.values import choice, texts, whole
from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.record import Record
from analyzer.settings import SettingError
from analyzer.source import shown

PHASES = ("TRAIN", "TEST")


class State(Record):
    """What a network is built for: a test run, unless `--set` or the `state` of the file say otherwise."""

    phase: str
    level: int
    stages: Sequence[str]

    @classmethod
    def of(cls, net: Message, asked: Asked) -> State:
        """The state that is asked for by `phase`, `level` and `stage`; without them, that of the file."""
        own = net.message("state")
        phase, level, stage = (asked.value(name) for name in ("phase", "level", "stage"))
        if phase is None:
            phase = choice(own, "phase", PHASES, "TEST")
        elif str(phase).upper() not in PHASES:
            raise SettingError(f"`phase` must be `TRAIN` or `TEST`, not `{shown(str(phase))}`")
        if level is None:
            level = whole(own, "level")
        elif isinstance(level, bool) or not isinstance(level, int):
            raise SettingError(f"`level` must be a whole number, not `{shown(str(level))}`")
        given = [part.strip() for part in str(stage).split(",")] if stage is not None else texts(own, "stage")
        return cls(str(phase).upper(), level, given)

    def meets(self, rule: Message) -> bool:
        """Whether it has everything that a rule asks for."""
        if "phase" in rule.fields and choice(rule, "phase", PHASES, "") != self.phase:
            return False
        if "min_level" in rule.fields and self.level < whole(rule, "min_level"):
            return False
        if "max_level" in rule.fields and self.level > whole(rule, "max_level"):
            return False
        has = set(self.stages)
        return has.issuperset(texts(rule, "stage")) and has.isdisjoint(texts(rule, "not_stage"))


def included(layers: Sequence[Layer], state: State, sheet: Sheet) -> tuple[list[Layer], list[Layer]]:
    """The layers that are in the network in a state, and the others."""
    found: list[Layer] = []
    others: list[Layer] = []
    for layer in layers:
        include, exclude = layer.message.messages("include"), layer.message.messages("exclude")
        if include and exclude:
            message = f"`{layer.name}` has `include` and `exclude`; a layer may have one of them"
            sheet.refuse(message, Place("", line=max(include[0].line, exclude[0].line)))
        inside = any(map(state.meets, include)) if include else not any(map(state.meets, exclude))
        (found if inside else others).append(layer)
    return found, others


def meaning(layer: Layer) -> str:
    """When a layer is in the network, for messages: the first thing that its rules ask for."""
    for rule in layer.message.messages("include"):
        if "phase" in rule.fields:
            return f"phase={choice(rule, 'phase', PHASES, '')}"
        if "stage" in rule.fields:
            return f"stage={','.join(texts(rule, 'stage'))}"
    for rule in layer.message.messages("exclude"):
        if "phase" in rule.fields:
            return "phase=TEST" if choice(rule, "phase", PHASES, "") == "TRAIN" else "phase=TRAIN"
    return ""
