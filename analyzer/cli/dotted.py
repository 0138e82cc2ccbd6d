"""Keys of TOML with very many parts, such as `a.a.a.…`: Python's parser takes time that grows with their square."""

from __future__ import annotations

import re

#: No table of a configuration is nested deeper. The largest file full of such keys still takes under a second.
_MOST = 16

# Texts and comments, which may have any number of dots. Each alternative ends at a line's end or at three quotes, so
# that one that does not end costs no more than its line, or is the last one.
_TEXTS = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|' r"'''.*?'''|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'|" r"#[^\n]*",
    re.DOTALL,
)


def deepest_key(text: str) -> int:
    """The line of the first key of a text in TOML that has too many parts; 0 where no key has.

    >>> deepest_key("a = 'x" + ".x" * 99 + "'"), deepest_key("b = 1" + chr(10) + "a" + ".a" * 99 + " = 1")
    (0, 2)
    """
    if all(line.count(".") <= _MOST for line in text.split("\n")):
        return 0
    plain = _TEXTS.sub(lambda found: "x" + "\n" * found.group().count("\n"), text)
    for number, line in enumerate(plain.split("\n"), 1):
        if line.count(".") > _MOST and any(part.count(".") > _MOST for part in re.split(r"[=,\[\]{}]", line)):
            return number
    return 0
