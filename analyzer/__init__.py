"""analyzer: exact shapes and costs of a convolutional network from its YAML, before any training code exists.

>>> from analyzer import analyze, load
>>> model = load('''
... input: 32x32x3
... layers:
...   - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}
... ''')
>>> analysis = analyze(model)
>>> [str(row.output) for row in analysis.rows], analysis.totals.shared.parameters, analysis.totals.local.parameters
(['14x14x20'], 3860, 756560)

analyze      the output volume and the costs of every layer: an `Analysis`
load         a model from a file, a text or a dict, to be analysed often: a `Model`
check        what is wrong or wasteful: `Findings`
memory       the memory of inference and training, and whether it fits a device: a `MemoryAnalysis`
diff         what changed from one network to another: a `Difference`
explain      the arithmetic of layers: an `Explanation`
convert      a network as YAML, or as PyTorch or Keras code: a text
sizes        which input sizes a network accepts: `Sizes`
sweep        every combination of values of variables: each a `Variant`; `pareto_front` picks the best
read_report  a JSON report that was saved: a `SavedReport`

`print` shows any of these results as the command does, its `repr` is one line. Counts are exact whole numbers, sizes
are bytes. A wrong model raises `ModelError`, a wrong setting `SettingError` (a `ValueError`), a file that cannot be
read `FileError` (an `OSError`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.api import *  # noqa: F403  (its `__all__` is the one list of public names)

__version__ = "0.1.0"

if not TYPE_CHECKING:  # with `__getattr__`, a type checker would accept every misspelled name

    def __getattr__(name: str) -> object:
        """Imports the API when one of its names is first used.

        The command runs this file before it can handle an interrupt, so the file itself imports nothing.
        """
        import analyzer.api as api  # `from analyzer import api` would ask this function for it

        if name == "__all__":
            return ["__version__", *api.__all__]
        if name not in api.__all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(api, name)
        return value

    def __dir__() -> list[str]:
        """Includes the names that are not imported yet."""
        import analyzer.api as api

        return sorted({*globals(), "__all__", *api.__all__})
