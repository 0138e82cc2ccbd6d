"""What is made when the package is built: the readme for the package index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: A link or a picture of Markdown to a file of the repository: its words, and its target.
_LINK = re.compile(r"(?P<before>\]\()(?P<target>(?![a-z]+:|#)[^)\s]+)(?=\))")


class Readme(MetadataHookInterface):
    """Gives the package the text of README.md as its readme."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds `readme` to the metadata of the project."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        address = metadata.get("urls", {}).get("Repository", "")
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(text, address)}


def absolute(text: str, address: str) -> str:
    """Markdown with its links to files as links to them at `address`; without an address, as it is.

    The package index shows the readme without the files that it links to.
    """
    if not address:
        return text
    return _LINK.sub(rf"\g<before>{address.rstrip('/')}/blob/HEAD/\g<target>", text)
