"""A run that does not fit on its device.

Where `training` names a `device`, the run is held against the memory of that card: its tensors, what NVIDIA's libraries
take, the places that the allocator finds for both, and the process's own memory. A run that does not fit there is an
error: it ends with "CUDA out of memory". A run at risk is a warning: it may run, and may fail on another machine or
after an update of the driver. In a number format that nobody trains in, the run is one of inference.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - dense: 10
    training: {batch: 16384, device: 8GiB}

Instead: a batch that fits, or one of the ways to save memory.

    input: 32x32x3
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - dense: 10
    training: {batch: 2048, device: 8GiB}

Source: the largest batches that trained on an H200 under 8 to 40 GiB, in docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.budget.suggestions import changed_keys
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.memory.verdict import AT_RISK, DOES_NOT_FIT, FITS
from analyzer.settings import SettingError
from analyzer.units import count, memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.analysis import MemoryAnalysis

CODE = "CHECK502"
NAME = "does-not-fit"
SEVERITY = "error"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for a run that does not fit on the device of `training`, or is at risk there."""
    if subject.training.get("device") is None:
        return
    try:
        found = subject.amounts.memory
    except SettingError:  # `training` does not suit the network, and there is no such run
        return
    fit = found.verdict()
    if fit is None or found.device is None or fit.word == FITS:
        return
    what = "training" if found.trains else "inference"
    risky = fit.word == AT_RISK
    verb = "may run out of memory" if risky else "does not fit"
    yield Found(
        f"{what} at batch {count(found.run.batch)} {verb} on {found.device.name}",
        subject.place_of_training("device"),
        notes=[fit.reason, _batches(found)],
        help=_help(found),
        severity="warning" if risky else None,
    )


def _batches(found: MemoryAnalysis) -> str:
    """The largest batches."""
    safe, at_risk = found.largest or (0, 0)
    if not at_risk:
        return "not even one sample fits" if found.ranks == 1 else "not even one sample a rank fits"
    of = f" over {count(found.ranks)} ranks" if found.ranks > 1 else ""
    return f"largest batch{of}: {count(safe)} is safe, {count(at_risk)} may run out of memory, more will"


def _help(found: MemoryAnalysis) -> str:
    """The most effective change of the run, as the file writes it; otherwise a batch that fits."""
    if found.changes:
        change = found.changes[0]
        then = {AT_RISK: "is at risk", DOES_NOT_FIT: "still does not fit"}.get(change.verdict or "", change.verdict)
        batch = f"; up to batch {count(change.max_batch)} is then safe" if change.max_batch else ""
        keys = changed_keys(found.run, change.run)
        return f"{keys} ({change.words}) lowers the peak to {memory(change.bytes)}, and the run {then}{batch}"
    safe = (found.largest or (0, 0))[0]
    return f"a batch of at most {count(safe)}" if safe else "a smaller network, or a device with more memory"
