"""A network as PyTorch code."""

from analyzer.loader.writing.torch.write import write_torch

__all__ = ["write_torch"]
