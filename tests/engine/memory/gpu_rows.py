"""What a row of a measurement on a GPU means: the modes of a run, and the weight decay of its optimizer.

`benchmarks/gpu_measure.py` measures such rows on a machine that may have nothing but torch, so nothing of this project is imported here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: The settings of each mode, as `analyzer memory` names them; convolutions in 32 bits run in TF32 unless it says no.
MODES: dict[str, dict[str, Any]] = {
    "fp32": {},
    "fp32_cl": {"layout": "channels_last"},
    "fp32_notf32": {"tf32": False},
    "amp_bf16": {"autocast": "bfloat16"},
    "amp_bf16_cl": {"autocast": "bfloat16", "layout": "channels_last"},
    "amp_fp16": {"autocast": "float16"},
    "amp_fp16_cl": {"autocast": "float16", "layout": "channels_last"},
    "bf16": {"dtype": "bfloat16"},
    "bf16_cl": {"dtype": "bfloat16", "layout": "channels_last"},
}

#: The weight decay of an optimizer, where it is not 0.
DECAYS = {"sgdm": 1e-4, "adamw": 0.01}


def content_of(file: Path) -> dict[str, Any]:
    """What a file of measured rows has. Raises ValueError where it is none, or has the zeros of a dry run."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{file} is not JSON") from None
    if (
        not isinstance(content, dict)
        or not {"env", "rows"} <= content.keys()
        or not {"schema", "columns"} & content.keys()
    ):
        raise ValueError(f"{file} has no rows of benchmarks/gpu_measure.py")
    if "cc" not in content["env"]:
        raise ValueError(f"{file} is of a dry run: all its counters are 0")
    return content
