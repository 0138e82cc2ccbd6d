"""The text of a Darknet configuration: sections with options, each with its line.

Blanks count nowhere in a line. A line that begins with `#` or `;` is a comment. Of an option that appears twice the
first one counts. Source: `read_cfg` and `read_option` of pjreddie/darknet.
"""

from __future__ import annotations

import re

from analyzer.diagnostics import listed, nearest
from analyzer.loader.formats.darknet.words import ALIASES, COMMON, OPTIONS
from analyzer.loader.formats.sheet import Place, Sheet
from analyzer.record import Record, field
from analyzer.source import shown

_SECTION = re.compile(r"\[([^\]]*)\](?:[#;].*)?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}(?:\.0*)?(?=$|[#;,/])")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?=$|[#;,/])")


class Option(Record):
    """A value as it is written, without blanks, and its line."""

    text: str
    line: int


class Section(Record):
    """A section: its kind by its first name (`conv` is a `convolutional`), its line, and its options."""

    kind: str
    line: int
    options: dict[str, Option] = field(factory=dict, init=False)

    def place(self, key: str | None = None) -> Place:
        """The place of an option, or of the section."""
        option = self.options.get(key or "")
        return Place("", line=self.line if option is None else option.line)


def sections_of(text: str, sheet: Sheet) -> list[Section]:
    """The sections of a text; what is wrong goes to the sheet."""
    found: list[Section] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = "".join(raw.split())
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            found.append(Section(_kind(line, number, sheet), number))
            continue
        key, equals, value = line.partition("=")
        if not found:
            message = f"`{shown(raw.strip())}` is above the first section"
            sheet.refuse(message, Place("", line=number), help="a configuration begins with `[net]`")
        elif not equals or not key:
            message = f"`{shown(raw.strip())}` is neither a section such as `[convolutional]` nor an option `key=value`"
            sheet.refuse(message, Place("", line=number))
        else:
            _add(found[-1], key, Option(value, number), sheet)
    return found


def _kind(line: str, number: int, sheet: Sheet) -> str:
    """The kind of a section; empty after a finding."""
    match = _SECTION.fullmatch(line)
    name = match.group(1) if match else line.strip("[]")
    kind = ALIASES.get(name, name)
    if match and kind in OPTIONS:
        return kind
    near = nearest(name, [*OPTIONS, *ALIASES])
    help = f"did you mean `[{near}]`?" if near else f"the sections are {listed(OPTIONS, last='and')}"
    message = f"Darknet has no section `[{shown(name)}]`" if match else f"the section `{shown(line)}` has no `]`"
    sheet.refuse(message, Place("", line=number), help=help if match else f"write `[{shown(name)}]`")
    return ""


def _add(section: Section, key: str, option: Option, sheet: Sheet) -> None:
    """Adds an option to a section. One that Darknet does not know is an error where it looks misspelt."""
    if key in section.options:
        first = section.options[key]
        if first.text != option.text:
            message = f"`{shown(key)}` appears twice in this section: Darknet reads the first, on line {first.line}"
            sheet.warn(message, Place("", line=option.line), help="delete one of them")
        return
    section.options[key] = option
    if not section.kind or key in OPTIONS[section.kind] or key in COMMON:
        return
    near = nearest(key, [*OPTIONS[section.kind], *COMMON])
    place = Place("", line=option.line)
    if near is not None:
        sheet.refuse(f"`[{section.kind}]` has no option `{shown(key)}`", place, help=f"did you mean `{near}`?")
    else:
        sheet.warn(f"`[{section.kind}]` has no option `{shown(key)}`: Darknet does not read it", place)


class Options:
    """The options of one section as values; a wrong one is reported, and its default is used.

    `wrong` says that one was: then nothing more is reported about the section.
    """

    # By hand: it counts what it reports.
    def __init__(self, section: Section, sheet: Sheet) -> None:
        self.section = section
        self.sheet = sheet
        self.wrong = False

    def has(self, key: str) -> bool:
        """Whether an option is written."""
        return key in self.section.options

    def word(self, key: str, default: str) -> str:
        """A word; a comment behind it is left out."""
        option = self.section.options.get(key)
        return default if option is None else re.split("[#;]", option.text, maxsplit=1)[0]

    def whole(self, key: str, default: int, *, least: int | None = None, most: int = 10**9) -> int:
        """A whole number."""
        option = self.section.options.get(key)
        if option is None:
            return default
        match = _WHOLE.match(option.text)
        if match is None:
            return self._refuse(key, "a whole number", option, default)
        number = int(match.group().partition(".")[0])
        if (least is not None and number < least) or abs(number) > most:
            wanted = f"at least {least}" if least is not None and number < least else f"at most {most:,}"
            return self._refuse(key, f"{wanted}", option, default)
        return number

    def number(self, key: str, default: float) -> float:
        """A number."""
        option = self.section.options.get(key)
        if option is None:
            return default
        match = _NUMBER.match(option.text)
        return float(match.group()) if match else self._refuse(key, "a number", option, default)

    def wholes(self, key: str) -> list[int]:
        """A list of whole numbers with commas between them."""
        option = self.section.options.get(key)
        text = "" if option is None else re.split("[#;]", option.text, maxsplit=1)[0]
        parts = [part for part in text.split(",") if part]
        if option is None or not parts or not all(_WHOLE.fullmatch(part) for part in parts):
            self.wrong = True
            if option is None:
                message = f"`[{self.section.kind}]` needs `{key}`, the layers that it reads"
                self.sheet.refuse(message, self.section.place(), help=f"for example `{key}=-1,8`")
            else:
                self._refuse(key, "whole numbers with commas between them", option, 0)
            return []
        return [int(part.partition(".")[0]) for part in parts]

    def refuse(self, message: str, key: str | None = None, help: str | None = None) -> None:
        """Reports a mistake at an option, or at the section."""
        self.wrong = True
        self.sheet.refuse(message, self.section.place(key), help=help)

    def _refuse(self, key: str, wanted: str, option: Option, default: int | float) -> int:
        self.refuse(f"`{key}` must be {wanted}, not `{shown(option.text)}`", key)
        return int(default)
