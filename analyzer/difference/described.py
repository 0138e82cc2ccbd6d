"""What a comparison may know of a network beside its report: the file that describes it, its layers, its peaks."""

from __future__ import annotations

from analyzer.engine.amounts import Amounts
from analyzer.engine.memory.planned import merged
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.record import Record, field
from analyzer.settings import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyzer.diagnostics import Diagnostic

#: The peaks that are compared, as a budget calls them.
PEAKS = ("peak_training_memory", "peak_inference_memory")


class Described(Record):
    """A network that was analysed, beside its report.

    `model` is None for a network that no file describes. `peaks` are the bytes at the peak of training and of
    inference; a network without one lacks it: nothing is trained in int8, and only a file says how it is trained.
    `findings` are those of the checks; None where they did not run. `verdict` says whether training fits on the device
    that is configured, `fits on RTX 4090`; empty where none is.
    """

    network: Network
    model: Model | None = None
    peaks: Mapping[str, int] = field(factory=dict)
    findings: Sequence[Diagnostic] | None = None
    verdict: str = ""


def described(analysis: Analysis, model: Model | None = None) -> Described:
    """An analysis as a comparison knows it, its peaks in the run of its file (`training`) at its batch and dtype."""
    if model is None:
        return Described(analysis.network)
    amounts = Amounts(analysis, merged(model.training, {"batch": analysis.batch, "dtype": analysis.dtype}))
    try:
        peaks = {name: bytes for name in PEAKS if (bytes := amounts.of(name)) is not None}
    except SettingError:  # the batch of the comparison does not divide among the file's ranks
        peaks = {}
    return Described(analysis.network, model, peaks)
