"""PyYAML's parser: the short way and the plain one read the same, and a later `import yaml` has everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from analyzer.loader.text import pyyaml

ROOT = Path(__file__).parents[2]
#: The path of this process, for one that starts without its site packages' own start-up files, which may import yaml.
PATHS = f"import sys; sys.path[:0] = {[str(ROOT), *sys.path]!r}\n"
SHORT = "from analyzer.loader.text import pyyaml as way\nfound = way.pyyaml()\n"
TEXT = 'a: &x [1, "two", {b: c}]\nd: *x\n? [e]\n: |\n  f\n'


def run(script: str) -> str:
    """What a script prints in a process of its own."""
    command = [sys.executable, "-S", "-c", PATHS + dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def events(found: pyyaml.PyYaml, text: str) -> list[str]:
    """The events of a text, each with its place."""
    parser = found.parser(text)
    seen = []
    while True:
        event = parser.get_event()
        mark = event.start_mark
        seen.append(f"{event} {mark.line}:{mark.column}")
        if isinstance(event, found.events.StreamEndEvent):
            return seen


def in_python(monkeypatch: pytest.MonkeyPatch) -> pyyaml.PyYaml:
    """PyYAML as it is where it was built without libyaml."""
    yaml = pytest.importorskip("yaml")
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    return pyyaml.whole()


def test_the_fallback_gives_the_same_events(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pyyaml.pyyaml()
    fallback = in_python(monkeypatch)
    assert fallback.parser is not found.parser
    assert events(fallback, TEXT) == events(found, TEXT)


def test_only_the_half_in_c_is_loaded() -> None:
    loaded = run(SHORT + "print(*[name for name in sys.modules if name.startswith('yaml')])").split()
    assert set(loaded) == {"yaml", "yaml.error", "yaml.tokens", "yaml.events", "yaml.nodes", "yaml._yaml"}


@pytest.mark.parametrize("import_", ["import yaml", "import yaml.scanner", "from yaml import *; import yaml"])
def test_a_later_import_has_everything(import_: str) -> None:
    script = (
        SHORT
        + f"{import_}\n"
        + """
seen = []
for loader in (yaml.SafeLoader, yaml.CSafeLoader):
    seen.append(yaml.load("a: [1, 2.5, {b: yes}]", Loader=loader) == {"a": [1, 2.5, {"b": True}]})
    for text, error in (
        ("a: [1,", yaml.parser.ParserError), ("a: 'x", yaml.scanner.ScannerError), ("*x", yaml.composer.ComposerError),
        ("!!python/name:x y", yaml.constructor.ConstructorError), ("\\x01", yaml.reader.ReaderError),
    ):
        try:
            yaml.load(text, Loader=loader)
        except error:
            seen.append(True)
seen.append(yaml.dump({"a": [1]}, Dumper=yaml.CSafeDumper) == "a:\\n- 1\\n")
seen.append(yaml.ScalarNode is yaml.nodes.ScalarNode and yaml.events is found.events)
seen.append(not hasattr(yaml, "nothing"))
print(len(seen), all(seen))
"""
    )
    assert run(script) == "15 True\n"


def test_an_import_before_is_used() -> None:
    assert run("import yaml\n" + SHORT + "print(found.parser is yaml.CLoader)") == "True\n"


@pytest.mark.parametrize(
    "surprise",
    [
        "way._TESTED = b'another version'",
        "way._ERRORS.pop('scanner')",
        "way._complete_later = lambda *_: 1 / 0",
    ],
)
def test_a_surprise_leads_to_the_plain_import(surprise: str) -> None:
    script = f"""
from analyzer.loader.text import pyyaml as way
{surprise}
found = way.pyyaml()
import yaml
print(found.parser is yaml.CLoader, yaml.load("a: [1]", Loader=yaml.CSafeLoader), "yaml.loader" in sys.modules)
"""
    assert run(script) == "True {'a': [1]} True\n"
