"""What is made when the package is built: the man page, and the readme for the package index."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

#: A link or a picture of Markdown to a file of the repository.
_LINK = re.compile(r"(?P<before>\]\()(?P<target>(?![a-z]+:|#)[^)\s]+)(?=\))")


class Readme(MetadataHookInterface):
    """Gives the package the text of README.md as its readme."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds `readme` to the metadata of the project."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        address = metadata.get("urls", {}).get("Repository", "")
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(text, address)}


class ManPage(BuildHookInterface[Any]):
    """Makes the man page from the parsers, which need nothing but Python, and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds share/man/man1/analyzer.1."""
        sys.path[:0] = [self.root, str(Path(self.root) / "docs")]
        try:
            from man import man_page
        finally:
            del sys.path[:2]
        page = Path(self.directory) / "analyzer.1"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(man_page(), encoding="utf-8", newline="\n")
        build_data["shared_data"][str(page)] = "share/man/man1/analyzer.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Deletes the file, which the wheel has."""
        (Path(self.directory) / "analyzer.1").unlink()


def absolute(text: str, address: str) -> str:
    """Markdown with its links to files as links to them at `address`; without an address, as it is.

    The package index shows the readme without the files that it links to.
    """
    if not address:
        return text
    return _LINK.sub(rf"\g<before>{address.rstrip('/')}/blob/HEAD/\g<target>", text)
