"""Attention and gates.

The text of modules and functions that PyTorch does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

#: The texts, by name.
TEXTS: dict[str, str] = {
    "cut_windows": '''\
def cut_windows(x, window):
    """The windows of (N, ..., D) as samples, the axes padded to whole windows."""
    pads = [p for n, w in zip(x.shape[-2:0:-1], window[::-1]) for p in (0, -n % w)]
    x = F.pad(x, (0, 0, *pads))
    rank = len(window)
    cut = [n for size, w in zip(x.shape[1:-1], window) for n in (size // w, w)]
    x = x.reshape(x.shape[0], *cut, x.shape[-1])
    counts, cells = range(1, 2 * rank, 2), range(2, 2 * rank + 1, 2)
    x = x.permute(0, *counts, *cells, 2 * rank + 1)
    return x.flatten(0, rank)
''',
    "join_windows": '''\
def join_windows(x, window, sizes):
    """Undoes `cut_windows`: the volume of these sizes."""
    rank = len(window)
    counts = [-(-n // w) for n, w in zip(sizes, window)]
    x = x.reshape(-1, *counts, *window, x.shape[-1])
    order = [axis for i in range(1, rank + 1) for axis in (i, i + rank)]
    x = x.permute(0, *order, 2 * rank + 1)
    for axis in range(1, rank + 1):
        x = x.flatten(axis, axis + 1).narrow(axis, 0, sizes[axis - 1])
    return x
''',
    "Attention": '''\
class Attention(nn.Module):
    """Attention with heads, biases, windows or positions of its own.

    It reads (N, ..., D). `groups` are the heads of keys and values, `bias` names the
    projections with a bias. `relative` has the sizes that a table of relative
    positions is for; `decomposed` those of queries and keys, with a table an axis.
    """

    def __init__(
        self,
        embed_dim,
        num_heads,
        key_depth=None,
        value_depth=None,
        groups=None,
        kdim=None,
        vdim=None,
        bias=("query", "key", "value", "output"),
        window=None,
        relative=None,
        decomposed=None,
    ):
        super().__init__()
        depth = key_depth or embed_dim // num_heads
        value = value_depth or depth
        self.heads, self.groups = num_heads, groups or num_heads
        self.window, self.relative, self.decomposed = window, relative, decomposed
        kdim, vdim, read = kdim or embed_dim, vdim or embed_dim, num_heads * value
        self.query = nn.Linear(embed_dim, num_heads * depth, "query" in bias)
        self.key = nn.Linear(kdim, self.groups * depth, "key" in bias)
        self.value = nn.Linear(vdim, self.groups * value, "value" in bias)
        self.output = nn.Linear(read, embed_dim, "output" in bias)
        if relative is not None:
            rows = math.prod(2 * n - 1 for n in relative)
            self.table = nn.Parameter(torch.zeros(rows, num_heads))
        if decomposed is not None:
            rows = [2 * max(pair) - 1 for pair in zip(*decomposed)]
            tables = [nn.Parameter(torch.zeros(n, depth)) for n in rows]
            self.tables = nn.ParameterList(tables)

    def forward(self, query, key=None, value=None):
        key = query if key is None else key
        value = key if value is None else value
        sizes = query.shape[1:-1]
        if self.window is not None:
            reads = (query, key, value)
            query, key, value = [cut_windows(x, self.window) for x in reads]
        queried = query.shape[1:-1]
        q = self.split(self.query(query), self.heads)
        k = self.split(self.key(key), self.groups)
        v = self.split(self.value(value), self.groups)
        if self.groups != self.heads:
            times = self.heads // self.groups
            k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if self.relative is not None:
            scores = scores + self.positions()
        if self.decomposed is not None:
            scores = scores + self.positions_by_axis(q)
        x = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = self.output(x).unflatten(1, queried)
        return x if self.window is None else join_windows(x, self.window, sizes)

    def split(self, x, heads):
        """(N, ..., heads · D) as (N, heads, tokens, D)."""
        return x.flatten(1, -2).unflatten(-1, (heads, -1)).transpose(1, 2)

    def positions(self):
        """What the table adds for each distance between a query and a key."""
        device, places = self.table.device, 0
        for axis, n in enumerate(self.relative):
            line = torch.arange(n, device=device)
            distance = line[:, None] - line + n - 1
            after = math.prod(self.relative[axis + 1 :])
            before = math.prod(self.relative[:axis])
            distance = distance.repeat_interleave(after, 0).repeat_interleave(after, 1)
            places = places * (2 * n - 1) + distance.repeat(before, before)
        return self.table[places].movedim(-1, 0)

    def positions_by_axis(self, q):
        """What the tables of the axes add, which are multiplied with the queries."""
        queried, attended = self.decomposed
        q, total = q.unflatten(2, queried), 0
        for axis, (n, m, table) in enumerate(zip(queried, attended, self.tables)):
            near, far = max(m / n, 1), max(n / m, 1)
            rows = torch.arange(n, device=q.device)[:, None] * near
            places = rows - torch.arange(m, device=q.device) * far + (m - 1) * far
            own = table[places.long()]
            x = q.movedim(2 + axis, 0)
            x = torch.bmm(x.flatten(1, -2), own.transpose(1, 2)).unflatten(
                1, x.shape[1:-1]
            )
            x = x.movedim(0, 2 + axis)
            shape = [m if one == axis else 1 for one in range(len(attended))]
            total = total + x.unflatten(-1, shape)
        return total.flatten(-len(attended)).flatten(2, -2)
''',
    "SqueezeExcite": '''\
class SqueezeExcite(nn.Module):
    """A gate on each plane, from the means of all planes (Hu et al. 2018)."""

    def __init__(self, depth, reduced, activation=None, gate=None, bias=True):
        super().__init__()
        self.fc1 = nn.Linear(depth, reduced, bias)
        self.fc2 = nn.Linear(reduced, depth, bias)
        self.activation, self.gate = activation or nn.ReLU(), gate or nn.Sigmoid()

    def forward(self, x):
        means = x.flatten(2).mean(2) if x.dim() > 2 else x
        gate = self.gate(self.fc2(self.activation(self.fc1(means))))
        return x * gate.reshape(gate.shape + (1,) * (x.dim() - 2))
''',
}
