"""Darknet's configurations (`.cfg`): a text of sections, one a layer. The weights are in another file, never needed."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Source
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.darknet.network import write_network
from analyzer.loader.formats.sheet import Halted, Sheet
from analyzer.loader.text.files import read_bytes
from analyzer.loader.text.limits import LIMITS


def read(file: str, label: str, asked: Asked) -> Sheet:
    """The sheet of a configuration; see `analyzer.loader.formats`."""
    data = read_bytes(file, LIMITS.text)
    if b"\0" in data:
        sheet = Sheet(label)
        sheet.refuse(
            "this is a binary file, not a configuration of Darknet, which is a text", help="leave out `--from`"
        )
        return sheet
    text = data.decode("utf-8", "replace")
    return read_text(text, label, "", asked.volume("input", first=True))


def read_text(text: str, file: str, name: str, input: Sequence[int] | None = None) -> Sheet:
    """The sheet of a configuration. `input` is a volume to use in place of the file's; mistakes are on the sheet.

    >>> text = "[net]\\nwidth=8\\nheight=8\\nchannels=3\\n[conv]\\nfilters=2\\nactivation=relu"
    >>> sheet = read_text(text, "a.cfg", "a")
    >>> [f"{layer.name} {layer.volume}" for layer in sheet.layers]
    ['conv0 8x8x2', 'conv0.act 8x8x2']
    """
    sheet = Sheet(file, name)
    sheet.source = Source("Darknet")
    sheet.text = text
    try:
        write_network(text, sheet, input)
    except Halted:
        pass  # the expansion reports the last layer
    return sheet
