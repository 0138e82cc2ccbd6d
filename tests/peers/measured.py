"""What torch holds of a real training step of a file on the CPU, plain SGD in a loop, in bytes.

python tests/peers/measured.py FILE BATCH    # needs torch
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from memory_torch import train_real  # noqa: E402
from pairs import network_of  # noqa: E402
from torch_modules import Module  # noqa: E402


def main() -> None:
    """Prints the bytes saved after the forward pass, and the peaks."""
    network = network_of(Path(sys.argv[1]).read_text(encoding="utf-8"))
    assert network is not None, "the file has mistakes"
    module = Module(network)
    row = train_real(module, module.samples, batch=int(sys.argv[2]), classes=module.classes)
    for key in ("saved_activation_bytes", "peak_forward", "peak_backward", "peak_step"):
        print(key, row[key])


if __name__ == "__main__":
    main()
