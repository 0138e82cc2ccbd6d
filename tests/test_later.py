"""A module whose imports wait works as it does otherwise, and nobody else notices."""

from __future__ import annotations

import subprocess
import sys

START = "import sys; from analyzer.later import without; zipfile = without('zipfile', 'pathlib', 'shutil')\n"


def ran(code: str) -> str:
    """What a fresh Python prints."""
    return subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_is_not_used_is_not_imported() -> None:
    assert ran("print({'pathlib', 'shutil'} & set(sys.modules))") == "set()"


def test_the_module_works_where_it_uses_them() -> None:
    code = (
        "import io, tempfile\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    stream = io.BytesIO()\n"
        "    with zipfile.ZipFile(stream, 'w') as archive: archive.writestr('a/b.txt', 'here')\n"
        "    with zipfile.ZipFile(stream) as archive:\n"
        "        archive.extractall(folder)\n"
        "        print(open(folder + '/a/b.txt').read(), zipfile.Path(archive, 'a/b.txt').parent.name)"
    )
    assert ran(code) == "here a"


def test_others_get_the_real_modules() -> None:
    assert ran("import pathlib, shutil; print(pathlib.Path('a').name, bool(shutil.which('sh')) or 'none')").startswith(
        "a "
    )


def test_modules_that_are_there_stay() -> None:
    code = (
        "import pathlib, zipfile\nfrom analyzer.later import without\nprint(without('zipfile', 'pathlib') is zipfile)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True"
