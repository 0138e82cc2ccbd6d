"""The buffer that CUDA's reduction kernel takes where it sums many elements into few.

The gradient of a bias is a sum over the rows of a matrix. Where the rows are many, several blocks of threads share a
sum, and each puts what it has so far into a buffer: up to one MiB for each multiprocessor of the card. So the buffer
does not grow with the batch without end.

>>> h200 = (132, 2048)
>>> Buffer(Sum(columns=3072, rows=197), *h200).bytes(8)  # measured on an H200 (tests/data/gpu/kernels.json)
39321696
>>> Buffer(Sum(columns=3072, rows=197), *h200).bytes(32)
138412128

Source: torch 2.11, ATen/native/cuda/Reduce.cuh, `setReduceConfig` and `ReduceConfig::global_memory_size`.
"""

from __future__ import annotations

from analyzer.layers.operations import Sum
from analyzer.record import Record

#: Threads of a block at most, and those of a warp.
_THREADS, _WARP = 512, 32

#: Elements that a thread adds up at least and at most before more threads share a sum.
_FEWEST, _MOST = 16, 256

#: Bytes of a sum so far, whatever the format of what is summed, and of a semaphore.
_WIDTH, _SEMAPHORE = 4, 4

#: Threads that a multiprocessor runs at once, by compute capability; 1,536 on the others.
_RESIDENT = {(6, 0): 2048, (7, 0): 2048, (7, 5): 1024, (8, 0): 2048, (9, 0): 2048}


def resident(compute: tuple[int, int]) -> int:
    """The threads that a multiprocessor of this compute capability runs at once.

    Source: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
    """
    return _RESIDENT.get(compute, 1536)


class Buffer(Record):
    """The buffer of a sum on a card with so many multiprocessors, which run so many threads each."""

    sum: Sum
    processors: int
    threads: int

    def bytes(self, batch: int) -> int:
        """Its bytes and those of its semaphores for a batch; 0 where no two blocks share a sum."""
        sum = self.sum
        summed = sum.rows * batch
        vector = next(size for size in (4, 2, 1) if sum.columns % size == 0) if sum.beside else 1
        groups = sum.columns // vector
        width, height = _block(*((groups, summed) if sum.beside else (summed, sum.columns)), _THREADS // vector)
        step = 1 if sum.beside else width
        if -(-summed // step) < min(height * _FEWEST, _MOST):
            return 0
        each = -(-summed // (step * height))
        grid = -(-groups // width) if sum.beside else groups
        target = self.processors * (self.threads // (width * height))
        if each < _MOST or grid > target:
            return 0
        blocks = max(min(-(-target // grid), -(-each // _FEWEST)), -(-each // _MOST))
        if blocks < 2:
            return 0
        return _WIDTH * sum.columns * blocks * (width * vector if sum.beside else 1) + _SEMAPHORE * grid


def _block(across: int, along: int, threads: int) -> tuple[int, int]:
    """The width and the height of a block of at most so many threads over two axes; powers of 2."""
    across, along = (min(1 << (size.bit_length() - 1), threads) for size in (across, along))
    height = min(along, threads // min(across, _WARP))
    return min(across, threads // height), height
