"""Budgets from the command line: limits in place of the file's, and how much a network may grow against a base.

A limit is `params=5M`, `params=1M..5M` or `layers=10..`; a guard is `params=+100K` or `params=+5%`, of the base that
`--against` names: a model file, a saved JSON report, or `git:REV`, the same file at a revision.
"""

from __future__ import annotations

import argparse
import re

from analyzer.checks.budget.words import unknown_key
from analyzer.checks.subject import Guard
from analyzer.cli.main import UsageError
from analyzer.cli.options import run_settings
from analyzer.contract.saved import amounts_of_report
from analyzer.engine.amounts import AMOUNTS, Amounts
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Limit, Model
from analyzer.record import Record
from analyzer.reporter.options import Failed
from analyzer.source import shown
from analyzer.units import read_amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PERCENT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?\s*%", re.ASCII)


class Growth(Record):
    """A guard as it was written: an amount in a unit, or a `share` of the base in percent as (number, divisor)."""

    key: str
    written: str
    most: int
    unit: str
    share: tuple[int, int] | None

    def of(self, base: int) -> int:
        """The growth that is allowed from this base."""
        return self.most if self.share is None else base * self.share[0] // (100 * self.share[1])


def add_budgets(parser: argparse.ArgumentParser) -> None:
    """The options about budgets."""
    add = parser.add_argument
    add(
        "--budget",
        action="append",
        default=[],
        type=_budget,
        metavar="KEY=AMOUNT",
        help="a limit in place of the file's, such as params=5M or macs=1G..4G; or the growth that is allowed against "
        f"--against, such as params=+100K or params=+5%%; keys: {', '.join(AMOUNTS)}",
    )
    add(
        "--against",
        metavar="BASE",
        help="the base that a network may grow from: a model, a saved JSON report, git:REV, git:REV:path",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The option that limits amounts, without growth against a base."""
    parser.add_argument(
        "--budget",
        action="append",
        default=[],
        type=_limit_only,
        metavar="KEY=AMOUNT",
        help="a limit in place of the file's, such as params=5M or macs=1G..4G, or none: without those of the file; "
        f"keys: {', '.join(AMOUNTS)}",
    )


def check_budgets(asked: Any) -> None:
    """Refuses a base without guards, and guards without a base."""
    guards = _growths(asked)
    if guards and asked.against is None:
        raise UsageError(
            f"`--budget {shown(guards[0].key)}={shown(guards[0].written)}` needs a base: `--against main.yaml`, a saved "
            "report, or `--against git:main`"
        )
    if asked.against is not None and not guards:
        raise UsageError("`--against` needs what may grow by how much: `--budget params=+5%`")
    asked.new = []
    if asked.against is not None:  # even if every model is wrong and no base is read
        from analyzer.cli.inputs import BASE
        from analyzer.cli.revisions import with_prefix
        from analyzer.cli.sides import keep_side

        _check_base(asked.against)
        asked.against = with_prefix(asked.against)
        keep_side(asked.against, None, asked.inputs, BASE)
    if asked.against == "-" and ("-" in asked.files or len(asked.files) > 1):
        raise UsageError("stdin (`-`) can be read once")


def _check_base(base: str) -> None:
    """Refuses a callable: only an operand of the command line is run."""
    if ":" not in base:
        return
    from analyzer.cli.callables import call_of
    from analyzer.cli.revisions import with_prefix

    if call_of(base) is not None and with_prefix(base) == base:
        raise UsageError(
            f"`{shown(base)}` is a callable, and a base is not run; save its report, `analyzer {shown(base)} -o base.json`, "
            "and give that"
        )


def limits_of(asked: Any, model: Model) -> dict[str, Limit]:
    """The file's budget with the limits of the command line in place of its own."""
    return {**model.budget, **{key: limit for key, limit in asked.budget if isinstance(limit, Limit)}}


def _growths(asked: Any) -> list[Growth]:
    """The guards that are asked for."""
    return [growth for _, growth in asked.budget if isinstance(growth, Growth)]


def guards_of(asked: Any, file: str, analysis: Analysis, texts: dict[str, str]) -> list[Guard]:
    """The guards of a review, with the amounts of their base.

    `file` is the file that `git:REV` means; `analysis` is that of the network that is compared with the base. A file
    that the base does not have is new: it has no guards, and `asked.new` remembers it. Raises `UsageError` for a base
    that cannot be read, that is a wrong model, or that lacks an amount that is guarded.
    """
    if asked.against is None:
        return []
    from analyzer.cli.sides import Absent, read_side

    side = read_side(asked.against, asked, texts, run=(analysis.batch, analysis.dtype), same=file)
    if isinstance(side, Absent):
        asked.new.append((file, side.label))
        return []
    if isinstance(side, Failed):
        first = side.diagnostics[0]
        place = f":{first.span.line}" if first.span is not None and first.span.in_text else ""
        raise UsageError(f"the base `{shown(side.file)}{place}` has a mistake: {first.message}")
    guarded = _growths(asked)
    if side.analysis is not None and side.model is not None:
        amounts = Amounts(side.analysis, run_settings(asked, file, side.model.training))
        base = {growth.key: amounts.of(growth.key) for growth in guarded}
    else:
        saved = amounts_of_report(side.report)
        base = {growth.key: saved.get(growth.key) for growth in guarded}
    guards = []
    for growth in guarded:
        amount = base[growth.key]
        if amount is None:
            why = "name the model, or `git:REV`" if side.saved else "it cannot be guarded"
            raise UsageError(f"`{shown(side.label)}` has no `{growth.key}`; {why}")
        if growth.key in ("weight_memory", "activation_memory") and side.run != (analysis.batch, analysis.dtype):
            batch, dtype = side.run
            raise UsageError(
                f"`{shown(side.label)}` is a report of batch {batch}, {dtype}, and `{growth.key}` is of batch "
                f"{analysis.batch}, {analysis.dtype}"
            )
        weights = analysis.weights_dtype or analysis.dtype
        if growth.key == "weight_memory" and side.weights_dtype != weights and side.saved:
            raise UsageError(
                f"`{shown(side.label)}` is a report of weights in {side.weights_dtype}, and `weight_memory` is of "
                f"weights in {weights}; `--dtype` sets one format for both"
            )
        guards.append(Guard(growth.key, growth.of(amount), growth.unit, growth.written, amount, shown(side.label)))
    return guards


def about_new(asked: Any) -> str | None:
    """The note about files that are not guarded, since their base does not have them; None without one."""
    if not asked.new:
        return None
    file, base = asked.new[0]
    if len(asked.new) == 1:
        said = f"`{shown(file)}` is new: `{shown(base)}` does not exist, so"
    else:
        said = f"{len(asked.new):,} models are new, such as `{shown(file)}`: `{shown(base)}` does not exist, so"
    return f"{said} limits on growth do not apply"


def _budget(text: str) -> tuple[str, Limit | Growth]:
    """A limit (`params=5M`, `params=1M..5M`, `params=1M..`) or a guard (`params=+100K`, `params=+5%`)."""
    key, written = _key(text, "params=5M")
    if written.strip().startswith("+") or written.strip().endswith("%"):
        return key, _growth(key, written)
    return key, _limit(key, written)


def _limit_only(text: str) -> tuple[str, Limit] | None:
    """A limit; None for `none`, which takes away those of the file."""
    if text.strip() == "none":
        return None
    key, read = _budget(text)
    if isinstance(read, Growth):
        raise argparse.ArgumentTypeError(
            f"`{shown(text)}` limits the growth against another network, and there is none here; write an amount, "
            f"`{key}=5{'MiB' if AMOUNTS[key] == 'bytes' else 'M'}`"
        )
    return key, read


def _limit(key: str, written: str) -> Limit:
    if ".." not in written:
        most, unit = _amount(key, written)
        return Limit(None, most, unit, None)
    first, _, last = written.partition("..")
    least = _amount(key, first) if first.strip() else None
    greatest = _amount(key, last) if last.strip() else None
    if least is None and greatest is None:
        raise argparse.ArgumentTypeError(f"`{key}={shown(written)}` has no limit; write `{key}=1M..5M`")
    if least is not None and greatest is not None and least[0] > greatest[0]:
        raise argparse.ArgumentTypeError(f"the minimum of `{key}={shown(written)}` is above its maximum")
    return Limit(
        least[0] if least else None,
        greatest[0] if greatest else None,
        (greatest or least or (0, ""))[1],
        None,
        least_unit=(least or greatest or (0, ""))[1],
    )


def _growth(key: str, written: str) -> Growth:
    bare = written.strip().removeprefix("+").strip()
    match = _PERCENT.fullmatch(bare)
    if match is not None:
        decimals = match.group(2) or ""
        return Growth(key, f"+{bare}", 0, "", (int(match.group(1) + decimals), 10 ** len(decimals)))
    most, unit = _amount(key, bare, example="+5%")
    return Growth(key, f"+{bare}", most, unit, None)


def _key(text: str, example: str) -> tuple[str, str]:
    key, equals, written = text.partition("=")
    key = key.strip()
    if not equals or key.endswith(("<", ">")):
        raise argparse.ArgumentTypeError(f"write it as `{example}`, not `{shown(text)}`")
    if key not in AMOUNTS:
        raise argparse.ArgumentTypeError(unknown_key(shown(key)))
    return key, written


def _amount(key: str, written: str, *, example: str = "") -> tuple[int, str]:
    amount = read_amount(written)
    counted = AMOUNTS[key] == "count"
    if amount is None or (counted and amount[1].endswith("B")):
        examples = "`26M` or `4.2G`" if counted else "`150MiB` or `1.5GB`"
        more = f" (or `{example}`)" if example else ""
        raise argparse.ArgumentTypeError(f"`{key}` takes an amount such as {examples}{more}, not `{shown(written)}`")
    return amount
