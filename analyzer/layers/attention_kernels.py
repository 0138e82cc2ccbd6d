"""What CUDA's kernels of attention keep and take: the memory-efficient one in 32 bits, the flash one in 16.

Both keep queries, keys, values, their output and a logarithm for each row. The memory-efficient one puts its output in
the order batch, tokens, heads; the flash one as the queries lie.

Sources: torch 2.11, ATen/native/transformers/cuda: attention_backward.cu (`_efficient_attention_backward`),
mem_eff_attention/kernel_backward.h (`workspace_elements_gq`), flash_attn/flash_api.cpp (`mha_bwd`); the rows `mha` and
`qkv_sdpa` of tests/data/gpu/kernels.json, measured on an H200.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.layers.operations import AS_FIRST, HALF, HEADS, INDEX, LOGARITHM, OUT, Array, Kernel, Operation
from analyzer.record import Record

#: Rows that the logarithms of the memory-efficient kernel are padded to, and those of its blocks in the backward pass.
_ALIGNED, _BLOCK = 32, 64

#: The lock and the counter of such a block, in numbers of 32 bits.
_LOCKS = 4

#: Rows that the flash kernel pads its sums to in the backward pass, and the numbers of a head.
_ROWS, _NUMBERS = 128, 32


class Heads(Record):
    """The heads of an attention of one sample: their number, their queries, and the depth of keys and of values.

    `turned` says whether the gradient of the output lies in another order than the kernel reads it. `masked` says
    whether there is a mask, which the flash kernel does not take.
    """

    heads: int
    queries: int
    key: int
    value: int
    turned: bool = False
    masked: bool = False

    @property
    def size(self) -> int:
        """The elements of the output."""
        return self.heads * self.queries * self.value

    @property
    def flash(self) -> bool:
        """Whether the flash kernel takes it in 16 bits."""
        return self.key == self.value and not self.masked

    def run(self, reads: Sequence[int]) -> Operation:
        """The operation, which reads queries, keys, values, and a mask if there is one."""
        keeps = (*reads[:3], OUT)
        extras = (Array(self.heads * _padded(self.queries, _ALIGNED), LOGARITHM),)
        cuda = Kernel((*[Array(self.size)] * self.turned, Array(self._scratch)), narrow=self._flash(reads, keeps))
        return Operation(reads, self.size, keeps=keeps, extras=extras, precision=HALF, lies=HEADS, cuda=cuda)

    @property
    def _scratch(self) -> int:
        """The most that the memory-efficient kernel holds in the backward pass beside the gradients.

        First it multiplies output and gradient and sums each row, in two layouts; then it collects the gradient of the
        queries block by block.
        """
        sums = self.heads * self.queries
        blocks = -(-self.queries // _BLOCK) * -(-self.key // _BLOCK)
        return max(self.size + 2 * sums, sums + self.heads * blocks * (_BLOCK * _BLOCK + _LOCKS))

    def _flash(self, reads: Sequence[int], keeps: Sequence[int]) -> Operation | None:
        """The flash kernel: it keeps the state of a generator too, and collects the queries' gradient in 32 bits."""
        if not self.flash:
            return None
        rows = self.heads * _padded(self.queries, _ROWS)
        extras = (Array(self.heads * self.queries, LOGARITHM, always=True), Array(2, INDEX, batched=False))
        back = (Array(rows * _padded(self.key, _NUMBERS), 4), Array(rows, 4))
        return Operation(reads, self.size, keeps=keeps, extras=extras, precision=HALF, lies=AS_FIRST, cuda=Kernel(back))


def _padded(size: int, to: int) -> int:
    """A size rounded up to a multiple."""
    return -(-size // to) * to
