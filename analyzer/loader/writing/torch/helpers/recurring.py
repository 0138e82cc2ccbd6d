"""Recurrent layers.

The text of modules that PyTorch does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

_ONE_BIAS = '''\
class OneBias{kind}(OneBias, nn.{kind}):
    """`nn.{kind}` with one bias vector for each gate."""
'''

#: The texts, by name.
TEXTS: dict[str, str] = {
    "OneBias": '''\
class OneBias:
    """A recurrent layer with one bias vector for each gate; PyTorch has two."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = [name for name, _ in self.named_parameters()]
        self.zeros = [name for name in names if name.startswith("bias_hh")]
        for name in self.zeros:
            delattr(self, name)

    def forward(self, *inputs):
        for name in self.zeros:
            bias = getattr(self, name.replace("bias_hh", "bias_ih"))
            setattr(self, name, torch.zeros_like(bias))
        return super().forward(*inputs)
''',
    **{f"OneBias{kind}": _ONE_BIAS.replace("{kind}", kind) for kind in ("LSTM", "GRU", "RNN")},
    "ConvLSTM": '''\
class ConvLSTM(nn.Module):
    """An LSTM of convolutions (Shi et al. 2015); the first axis is time.

    `padding` has the cells around the input of each step; the state keeps its size.
    """

    def __init__(self, depth, filters, kernel_size, padding=None, sequence=True):
        super().__init__()
        conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(kernel_size) - 1]
        self.input = conv(depth, 4 * filters, kernel_size)
        options = {"padding": "same", "bias": False}
        self.state = conv(filters, 4 * filters, kernel_size, **options)
        self.padding, self.sequence = padding or (0, 0), sequence

    def forward(self, x):
        steps, hidden, cell = [], None, None
        for step in x.unbind(2):
            gates = self.input(F.pad(step, self.padding))
            if hidden is None:
                hidden = cell = torch.zeros_like(gates.chunk(4, 1)[0])
            i, f, g, o = (gates + self.state(hidden)).chunk(4, 1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            hidden = torch.sigmoid(o) * torch.tanh(cell)
            steps.append(hidden)
        return torch.stack(steps, 2) if self.sequence else hidden
''',
}
