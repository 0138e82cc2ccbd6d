"""Caffe's networks (`.prototxt`), read by our own code: the text without the weights, and without a library."""

from __future__ import annotations

from analyzer.engine.network import Source
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.caffe.checking import check
from analyzer.loader.formats.caffe.layers import layers_of
from analyzer.loader.formats.caffe.phases import State, included
from analyzer.loader.formats.caffe.text import Message, parsed
from analyzer.loader.formats.caffe.values import text as text_of
from analyzer.loader.formats.sheet import Halted, Place, Sheet
from analyzer.loader.text.files import read_bytes
from analyzer.loader.text.limits import LIMITS

#: Fields of a solver, which names the file of a network and has none.
_SOLVER = ("net", "train_net", "test_net", "base_lr", "lr_policy", "max_iter", "solver_mode")


def read(file: str, label: str, asked: Asked) -> Sheet:
    """The sheet of a network file; see `analyzer.loader.formats`."""
    most = 2 * LIMITS.text  # a network that a script has written is longer than one by hand
    data = read_bytes(file, most + 1)
    sheet = Sheet(label)
    if b"\0" in data:
        help = "leave out `--from`; the network of a .caffemodel is in a .prototxt"
        sheet.refuse("this is a binary file, not a network of Caffe, which is a text", help=help)
    elif len(data) > most:
        sheet.refuse(f"the file is longer than {most:,} bytes, more than any network of Caffe")
    else:
        read_text(data.decode("utf-8", "replace"), sheet, asked)
    return sheet


def read_text(text: str, sheet: Sheet, asked: Asked) -> None:
    """Writes the network of a text on a sheet. Mistakes are on the sheet.

    >>> sheet = Sheet("a.prototxt")
    >>> net = 'input: "x" input_dim: [1, 3, 8, 8] layer { name: "p" type: "Pooling" bottom: "x" top: "p" '
    >>> read_text(net + "pooling_param { kernel_size: 3 stride: 2 } }", sheet, Asked())
    >>> [f"{layer.name} {layer.volume}" for layer in sheet.layers]
    ['p 4x4x3']
    """
    sheet.source = Source("Caffe")
    sheet.text = text
    try:
        _write(parsed(text, sheet), sheet, asked)
    except Halted:
        pass  # the reason is on the sheet, or the expansion reports the last layer


def _write(net: Message, sheet: Sheet, asked: Asked) -> None:
    if not ("layer" in net.fields or "layers" in net.fields):
        _no_network(net, sheet)
        return
    wired_right = check(net, "NetParameter", sheet)
    # what layers read is looked at too, unless mistakes are there, or in parameters by which an old form is upgraded
    known = _errors(sheet) if wired_right and "layers" not in net.fields else 0
    _stop(sheet, known)
    layers = layers_of(net, sheet)
    state = State.of(net, asked)
    inside, others = included(layers, state, sheet)
    _stop(sheet, known)
    sheet.name = text_of(net, "name") or sheet.name
    from analyzer.loader.formats.caffe.operators import load
    from analyzer.loader.formats.caffe.reading import LAYERS, Reading, tell_left_out
    from analyzer.loader.formats.caffe.sources import enter
    from analyzer.loader.formats.caffe.wiring import wired

    load()
    wires = wired(inside, others, LAYERS, sheet)
    _stop(sheet)
    reading = Reading(wires, sheet, asked)
    if not enter(reading):
        return
    reading.walk()
    ends = [blob for blob in reading.blobs if not wires.is_read(blob) and not wires.is_silenced(blob)]
    sheet.outputs(reading.output(blob) for blob in ends)
    tell_left_out(wires, sheet)
    if not sheet.layers and not any(problem.severity == "error" for problem in sheet.problems):
        sheet.refuse("nothing of the network can be read", Place("", line=1))


def _stop(sheet: Sheet, known: int = 0) -> None:
    """Ends the reading where mistakes were found, other than those that are known."""
    if _errors(sheet) > known:
        raise Halted


def _errors(sheet: Sheet) -> int:
    """How many mistakes are on the sheet."""
    return sum(problem.severity == "error" for problem in sheet.problems)


def _no_network(net: Message, sheet: Sheet) -> None:
    """The finding about a file without layers."""
    solver = next((name for name in _SOLVER if name in net.fields), None)
    if solver is None:
        sheet.refuse(
            "the file has no layers",
            Place("", line=1),
            help='a layer is `layer { name: "conv1" type: "Convolution" … }`',
        )
        return
    named = text_of(net, "net") or text_of(net, "train_net")
    help = f"give the file of the network, `{named}`" if named else "give the file of the network"
    sheet.refuse(f"this is a solver of Caffe (`{solver}`), which has no layers", net.place(solver), help=help)
