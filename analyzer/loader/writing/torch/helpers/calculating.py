"""Trained numbers, cells of an axis, shuffles, and constants that stand in.

The text of modules and functions that PyTorch does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

from analyzer.loader.writing.code.standing_in import STANDING_IN

#: The texts, by name.
TEXTS: dict[str, str] = {
    **STANDING_IN,
    "without": '''\
def without(module, name):
    """The module without one of its parameters."""
    module.register_parameter(name, None)
    return module
''',
    "Scale": '''\
class Scale(nn.Module):
    """Multiplies by trained numbers and adds others."""

    def __init__(self, *sizes):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(sizes))
        self.bias = nn.Parameter(torch.zeros(sizes))

    def forward(self, x):
        return x * self.weight + self.bias
''',
    "PReLU": '''\
class PReLU(nn.Module):
    """x above 0, slope · x below; each element has a slope of its own."""

    def __init__(self, *sizes, init=0.25):
        super().__init__()
        self.weight = nn.Parameter(torch.full(sizes, init))

    def forward(self, x):
        return torch.where(x > 0, x, self.weight * x)
''',
    "StochasticDepth": '''\
class StochasticDepth(nn.Module):
    """Drops whole samples at random while the network trains."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or not self.p:
            return x
        keep = x.new_ones(x.shape[0], *[1] * (x.dim() - 1))
        return x * F.dropout(keep, self.p)
''',
    "coordinates": '''\
def coordinates(x, radius=False):
    """The planes, and one for the coordinates from -1 to 1 on each axis."""
    sizes = x.shape[2:]
    lines = [torch.linspace(-1, 1, n, dtype=x.dtype, device=x.device) for n in sizes]
    planes = torch.stack(torch.meshgrid(*lines, indexing="ij"))
    if radius:
        planes = torch.cat([planes, planes.norm(dim=0, keepdim=True)])
    return torch.cat([x, planes.expand(x.shape[0], *planes.shape)], 1)
''',
    "center_crop": '''\
def center_crop(x, sizes):
    """The middle of each plane."""
    for axis, size in enumerate(sizes, start=2):
        x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x
''',
    "filled": '''\
def filled(numbers, *sizes):
    """A tensor of these sizes that is made of the numbers.

    The description of the network does not say how: they are repeated in their order.
    """
    places = torch.arange(math.prod(sizes), device=numbers.device) % len(numbers)
    return numbers[places].reshape(1, *sizes)
''',
    "picked": '''\
def picked(x, count, dim):
    """So many cells of an axis.

    The description of the network does not say which: they are taken in their order.
    """
    return x.index_select(dim, torch.arange(count, device=x.device) % x.shape[dim])
''',
    "taken": '''\
def taken(x, indices, dim):
    """The cells of an axis that each sample asks for."""
    indices = indices.flatten(1).long()
    sizes = [-1 if axis == dim else 1 for axis in range(1, x.dim())]
    indices = indices.reshape(indices.shape[0], *sizes)
    return torch.take_along_dim(x, indices, dim)
''',
    "put": '''\
def put(x, values, places=None):
    """The elements of `values` in the place of elements of `x`.

    Without `places`, the description of the network does not say where: they are put
    in the place of the first ones.
    """
    flat, values = x.flatten(1), values.flatten(1)[:, : x[0].numel()].to(x.dtype)
    if places is None:
        places = torch.arange(values.shape[1], device=x.device).expand(values.shape)
    places = places.flatten(1).long()
    count = min(places.shape[1], values.shape[1])
    return flat.scatter(1, places[:, :count], values[:, :count]).reshape(x.shape)
''',
    "pixel_shuffle": '''\
def pixel_shuffle(x, factor):
    """`nn.PixelShuffle` on any axes."""
    rank = x.dim() - 2
    x = x.unflatten(1, (-1, *[factor] * rank))
    order = [axis for i in range(rank) for axis in (2 + rank + i, 2 + i)]
    x = x.permute(0, 1, *order)
    for axis in range(2, 2 + rank):
        x = x.flatten(axis, axis + 1)
    return x
''',
    "pixel_unshuffle": '''\
def pixel_unshuffle(x, factor):
    """`nn.PixelUnshuffle` on any axes."""
    rank = x.dim() - 2
    for axis in range(rank):
        x = x.unflatten(2 + 2 * axis, (-1, factor))
    spatial, cells = range(2, 2 + 2 * rank, 2), range(3, 3 + 2 * rank, 2)
    return x.permute(0, 1, *cells, *spatial).flatten(1, 1 + rank)
''',
}
