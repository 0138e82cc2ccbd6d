"""141 small networks, which have each layer of Keras with its options, against the numbers of Keras 3.15.1.

`make_models.py` measured them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import analyzer

MODELS = [json.loads(line) for line in (Path(__file__).parent / "models.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["name"])
def test_model(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(row["model"]))
    totals = analyzer.analyze(str(path)).totals
    assert totals.shared.trainable == row["trainable"]
    assert totals.shared.parameters + totals.shared.buffers == row["total"]
    assert totals.macs == row["macs"]
