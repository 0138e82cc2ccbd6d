"""What to do with a file of code, one that a library makes a network of, or one of another command: that command.

Only the text of the file is looked at; nothing in it is run or imported.
"""

from __future__ import annotations

import re

#: The beginning of a class, with its bases.
_CLASS = re.compile(r"^class[ \t]+(\w+)[ \t]*\(([^()\n]*)\)[ \t]*:", re.MULTILINE)

#: The last words of the names of classes that are modules of torch or models of Keras.
_MODULES = ("Module", "Sequential", "Model")

#: A text is looked at so far.
_MOST = 1 << 18

#: The classes of Ultralytics by the last module of a file: their names, and the input that they are for.
_TASKS = {
    "Segment": ("SegmentationModel", "640x640x3"),
    "Pose": ("PoseModel", "640x640x3"),
    "OBB": ("OBBModel", "640x640x3"),
    "Classify": ("ClassificationModel", "224x224x3"),
    "RTDETRDecoder": ("RTDETRDetectionModel", "640x640x3"),
    "WorldDetect": ("WorldModel", "640x640x3"),
}
_TASK = re.compile(rf",[ \t]*({'|'.join(_TASKS)})\w*[ \t]*,")


def python(data: bytes, file: str) -> str:
    """The command that builds a network of a file with Python code, with the classes in it that look like modules.

    >>> python(b"class Net(nn.Module):\\n    pass\\n", "net.py")
    'name what builds the network, and only that is run: `analyzer net.py:Net --input 224x224x3`'
    """
    names = modules(data[:_MOST].decode("utf-8", "replace"))
    path = file.rpartition(":")[2] if file.startswith("git:") else file
    path = path if path.endswith(".py") else "net.py"
    word = _quoted(f"{path}:{names[-1] if names else 'NAME'}")
    command = f"analyzer {word} --input 224x224x3"
    others = f" (it has {', '.join(f'`{name}`' for name in names[-8:])})" if len(names) > 1 else ""
    return f"name what builds the network, and only that is run: `{command}`{others}"


def modules(text: str) -> list[str]:
    """The classes in a text of Python that are modules, or look like ones: by their bases.

    >>> modules("class Block(nn.Module):\\n  pass\\nclass Data(dict):\\n  pass\\nclass Net(Block):\\n  pass\\n")
    ['Block', 'Net']
    """
    found: list[str] = []
    for match in _CLASS.finditer(text):
        bases = [base.strip().rpartition(".")[2] for base in match[2].split(",")]
        if any(base.endswith(_MODULES) or base in found for base in bases):
            found.append(match[1])
    return found


def ultralytics(data: bytes, file: str) -> str:
    """The command that lets Ultralytics build the network of its YAML.

    >>> print(ultralytics(b"head:\\n  - [-1, 1, Detect, [3]]\\n", "a.yaml").partition(", ")[2])
    `analyzer "ultralytics.nn.tasks:DetectionModel('a.yaml')" --input 640x640x3` reads it
    """
    tasks = _TASK.findall(data[:_MOST].decode("utf-8", "replace"))
    name, size = _TASKS[tasks[-1]] if tasks else ("DetectionModel", "640x640x3")
    path = "FILE" if file.startswith("<") else file
    word = f"ultralytics.nn.tasks:{name}({path!r})"
    written = _quoted(word) if set(path) & set("\"$`\\!'") else f'"{word}"'
    return f"with the library installed, `analyzer {written} --input {size}` reads it"


def store(data: bytes, file: str) -> str:
    """The command that shows the variants of a sweep.

    >>> store(b"", "runs.sqlite")
    'it has the variants of a sweep, and `analyzer sweep runs.sqlite` reads it'
    """
    path = "FILE" if file.startswith("<") else _quoted(file)
    return f"it has the variants of a sweep, and `analyzer sweep {path}` reads it"


def _quoted(word: str) -> str:
    from shlex import quote

    return quote(word)
