"""The view that a reviewer asks first: what the network costs in both modes, and whether that is fine."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.reporter.analysis.summary import facts, title
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import named, text, with_code
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import Scene


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The name of the network, its run, and its totals."""
    name, *run = title(reviewed.analysis)
    yield f'<section data-view="summary" aria-label="Summary">\n<h1>{named(name)}</h1>\n'
    yield f'<p class="page-run">{text(" · ".join(run))}</p>\n<dl>\n'
    for label, parts in facts(reviewed.analysis, options):
        values = "".join(f"<dd>{with_code(part)}</dd>" for part in parts)
        yield f"<div><dt>{text(label)}</dt>{values}</div>\n"
    yield "</dl>\n</section>\n"
