"""All texts, by their names."""

from __future__ import annotations

from analyzer.loader.writing.torch.helpers import attending, calculating, convolving, recurring

#: The texts by name; a template names all that it needs, those that others call first.
HELPERS: dict[str, str] = {**calculating.TEXTS, **convolving.TEXTS, **attending.TEXTS, **recurring.TEXTS}
