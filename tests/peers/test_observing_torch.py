"""A torch module as `observe` sees it: shapes, numbers calculated by hand, and the module afterwards as before."""

from __future__ import annotations

import argparse
import collections
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

numpy = pytest.importorskip("numpy", reason="numpy is not installed")
torch = pytest.importorskip("torch", reason="torch is not installed")
nn = torch.nn
F = nn.functional
prune = pytest.importorskip("torch.nn.utils.prune")

from analyzer.matching.observed import Entered, Observation, Observed  # noqa: E402  # torch may be missing
from analyzer.matching.torch.shortcuts import shortcut  # noqa: E402
from analyzer.matching.torch_modules import observe  # noqa: E402
from analyzer.matching.unreadable import Unreadable  # noqa: E402
from analyzer.volume import Volume  # noqa: E402

pytestmark = pytest.mark.peer

#: A batch norm's counter is no buffer; its mean and variance are.
IMAGE = [Entered("input", Volume((32, 32), 3))]


def plainly(tensor: Any) -> bool:
    """Whether a tensor has data."""
    return not tensor.is_meta and not nn.parameter.is_lazy(tensor)


def frozen_state(module: Any) -> Any:
    """Everything of a module that must be as before, in a form that can be compared."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return (
                id(value),
                id(value.grad),
                value.requires_grad,
                value._version,
                value.device,
                plainly(value) and value.data_ptr(),
            )
        if isinstance(value, dict):
            return [(key, plain(one)) for key, one in value.items()]
        if isinstance(value, (list, tuple, collections.deque)):
            return type(value), [plain(one) for one in value]
        if isinstance(value, numpy.ndarray):
            return id(value), value.tolist()
        if isinstance(value, numpy.random.Generator):
            return repr(value.bit_generator.state)
        return value.getstate() if isinstance(value, random.Random) else id(value)

    tensors = {name: one.detach().clone() for name, one in module.state_dict().items() if plainly(one)}
    own = [one.get_state() for one in vars(module).values() if isinstance(one, torch.Generator)]
    numbers = torch.cat([torch.get_rng_state(), *own]), random.getstate()
    return [(name, type(one), plain(vars(one))) for name, one in module.named_modules()], tensors, numbers


def is_same(one: Any, other: Any) -> bool:
    same = all(torch.equal(one[1][name], other[1][name]) for name in one[1])
    return same and one[0] == other[0] and torch.equal(one[2][0], other[2][0]) and one[2][1] == other[2][1]


def seen(module: Any, entered: Any = IMAGE) -> Observation:
    """What is observed, of a module that is afterwards as before."""
    before = frozen_state(module)
    try:
        return observe(module, entered)
    finally:
        assert is_same(before, frozen_state(module))


class Net(nn.Module):  # type: ignore[misc]  # torch may be missing
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(x.mean((2, 3)))


def test_calls_are_seen_in_order_with_shapes_and_numbers() -> None:
    found = seen(Net())
    assert found.layers == [
        Observed("conv1", "Conv2d", [(1, 3, 32, 32)], [(1, 64, 16, 16)], 7 * 7 * 3 * 64, 0, 0),
        Observed("bn1", "BatchNorm2d", [(1, 64, 16, 16)], [(1, 64, 16, 16)], 64, 64, 128),
        Observed("fc", "Linear", [(1, 64)], [(1, 10)], 640, 10, 0),
    ]
    assert (found.framework, found.kind, found.outputs, found.unused) == ("torch", "Net", [(1, 10)], [])
    assert (found.parameters, found.real) == (9408 + 128 + 650, None)
    assert found.modules == {"": "Net", "conv1": "Conv2d", "bn1": "BatchNorm2d", "fc": "Linear"}


class Said(nn.Module):  # type: ignore[misc]
    """A module whose `forward` is a function of the module and its inputs."""

    def __init__(self, forward: Any, **parts: Any) -> None:
        super().__init__()
        self.said = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Any) -> Any:
        return self.said(self, x)


def rows(found: Observation) -> list[tuple[str, str, int, int, int]]:
    return [(one.name, one.kind, one.weights, one.biases, one.buffers) for one in found.layers]


def volumes(found: Observation) -> dict[str, Any]:
    return {one.name: one.outputs for one in found.layers}


def entered(*sizes: int, name: str = "x", whole: bool = False) -> list[Entered]:
    return [Entered(name, Volume.of(sizes), whole)]


def changed(module: Any, x: Any) -> Any:
    """Changes whatever a forward call may change."""
    module.last = x
    module.calls += 1
    module.seen.append(x)
    torch.rand(3, generator=module.generator)
    module.drawn.random(), module.array.__iadd__(1), module.python.random()
    nn.utils.parametrizations.weight_norm(module.conv)
    module.cache["deep"]["list"].append(len(module.seen))
    module.tags.add("called")
    module.queue.append(x)
    module.queue[0][0] += 1
    module.settings.count = 7
    module.register_buffer("new", torch.ones(3))
    module.train()
    module.conv.register_forward_hook(lambda *_: None)
    module.conv.weight.requires_grad_(False)
    for one in module.parameters():
        one.grad = torch.ones_like(one)
    torch.rand(3), random.random(), numpy.random.rand()
    with torch.no_grad():
        module.conv.bias.add_(1)
        module.count.add_(1)
    del module.gone
    return module.norm(module.conv(x))


def changing(forward: Any = changed) -> Any:
    module = Said(forward, conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4))
    module.calls, module.seen, module.tags, module.gone = 0, [], set(), 1
    module.generator, module.python = torch.Generator(), random.Random(3)
    module.drawn, module.array = numpy.random.default_rng(3), numpy.zeros(3)
    module.queue = collections.deque([torch.zeros(2), 3], maxlen=3)
    module.cache = {"deep": {"list": []}}
    module.settings = argparse.Namespace(count=0)
    module.register_buffer("count", torch.zeros(2))
    module.conv.weight.grad = torch.ones(4, 3, 3, 3)
    module.norm.eval()
    return module


def test_whatever_a_forward_changes_is_put_back() -> None:
    module, numbers = changing(), numpy.random.get_state()[1].copy()
    assert [one.name for one in seen(module).layers] == ["conv", "norm"]
    assert (numpy.random.get_state()[1] == numbers).all()
    assert (module.calls, module.seen, module.settings.count) == (0, [], 0)
    assert (module.training, module.norm.training) == (True, False)


def test_whatever_a_forward_changes_is_put_back_with_data_too() -> None:
    def reads(module: Any, x: Any) -> Any:
        return changed(module, x) if float(x.sum()) > 0 else None

    found = seen(changing(reads))
    assert [one.name for one in found.layers] == ["conv", "norm"]
    assert found.real == "`Said` reads data: RuntimeError: Tensor.item() cannot be called on meta tensors"


@pytest.mark.parametrize("real", [False, True])
def test_whatever_a_forward_changes_is_put_back_when_it_raises(real: bool) -> None:
    def raises(module: Any, x: Any) -> Any:
        if real:
            x.sum().item()
        changed(module, x)
        raise KeyError("mine")

    with pytest.raises(Unreadable, match="`Said` raises KeyError: 'mine'") as caught:
        seen(changing(raises))
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_error_of_a_module_is_chained_with_the_path_of_the_innermost_one() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Sequential(nn.ReLU(), nn.Conv2d(9, 8, 3)))
    with pytest.raises(Unreadable) as caught:
        seen(module)
    assert str(caught.value).startswith("`1.1` (`Conv2d`) raises RuntimeError: ")
    assert str(caught.value).endswith(", called with the input `input` 32x32x3")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_interrupt_passes_and_everything_is_put_back() -> None:
    def interrupted(module: Any, x: Any) -> Any:
        changed(module, x)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seen(changing(interrupted))


def test_what_surrounds_the_call_does_not_matter() -> None:
    module = Net()
    plain = seen(module)
    with torch.autocast("cpu"):
        assert seen(module) == plain
    with torch.inference_mode():
        assert seen(module) == plain
    with torch.device("meta"):
        assert observe(module, IMAGE) == plain
    with torch.no_grad():
        assert seen(module) == plain
        assert not torch.is_grad_enabled()
    with torch.enable_grad():
        assert seen(module) == plain
        assert torch.is_grad_enabled()
    assert seen(module.half()).layers == plain.layers
    assert seen(module.to(memory_format=torch.channels_last)).layers == plain.layers
    assert observe(module.to("meta"), IMAGE).layers == plain.layers


def test_a_trained_module_is_seen_in_a_training_script() -> None:
    module = Net()
    optimizer = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)
    for _ in range(2):
        loss = module(torch.rand(2, 3, 32, 32)).sum()
        seen(module)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() == loss.item()


def test_a_parameter_that_a_graph_waits_for_is_not_touched() -> None:
    module = nn.LSTM(8, 16, batch_first=True)
    loss = module(torch.rand(1, 5, 8))[0].sum()
    seen(module, entered(5, 8))
    loss.backward()  # raises where a parameter was changed in place
    assert module.weight_ih_l0.grad is not None


# Which calls there are.


def test_a_module_that_is_called_again_is_tied() -> None:
    module = Said(lambda m, x: m.norm(m.conv(m.norm(m.conv(x)))), conv=nn.Conv2d(3, 3, 1), norm=nn.BatchNorm2d(3))
    found = seen(module)
    assert rows(found) == [
        ("conv", "Conv2d", 9, 3, 0), ("norm", "BatchNorm2d", 3, 3, 6),
        ("conv", "Conv2d", 0, 0, 0), ("norm", "BatchNorm2d", 0, 0, 0),
    ]  # fmt: skip
    assert [(one.tied, one.calls) for one in found.layers] == [(None, 2), (None, 2), ("conv", 2), ("norm", 2)]
    assert found.parameters == 18


def test_a_module_that_is_never_called_is_unused() -> None:
    found = seen(
        Said(lambda m, x: m.a(x), a=nn.Conv2d(3, 3, 1), b=nn.Conv2d(3, 5, 1), c=nn.BatchNorm2d(4, affine=False))
    )
    assert [one.name for one in found.layers] == ["a"]
    assert [(one.name, one.weights, one.biases, one.buffers, one.calls) for one in found.unused] == [
        ("b", 15, 5, 0, 0), ("c", 0, 0, 8, 0),
    ]  # fmt: skip
    assert found.parameters == 12 + 20


def test_tied_weights_are_counted_once_and_biases_apart() -> None:
    module = Said(lambda m, x: m.head(m.emb(x)), emb=nn.Embedding(50, 8), head=nn.Linear(8, 50))
    module.head.weight = module.emb.weight
    found = seen(module, entered(7, 1, whole=True))
    assert rows(found) == [("emb", "Embedding", 400, 0, 0), ("head", "Linear", 0, 50, 0)]
    assert [one.tied for one in found.layers] == [None, "emb"]
    assert found.outputs == [(1, 7, 50)]
    assert found.layers[0].inputs == [(1, 7)]


def test_a_module_under_two_names_is_one() -> None:
    conv = nn.Conv2d(3, 3, 1)
    found = seen(nn.Sequential(conv, nn.ReLU(), conv))
    assert [(one.name, one.weights, one.tied) for one in found.layers] == [("0", 9, None), ("0", 0, "0")]
    assert found.modules == {"": "Sequential", "0": "Conv2d", "1": "ReLU", "2": "Conv2d"}


def test_the_weights_of_a_module_used_by_a_function_are_a_call_of_it() -> None:
    def forward(m: Any, x: Any) -> Any:
        return F.linear(F.linear(x, m.qkv.weight, m.qkv.bias)[..., :8], m.proj.weight, m.proj.bias)

    found = seen(Said(forward, qkv=nn.Linear(8, 24), proj=nn.Linear(8, 8)), entered(5, 8))
    assert rows(found) == [("qkv", "Linear", 192, 24, 0), ("proj", "Linear", 64, 8, 0)]
    assert found.layers[0].inputs == [(1, 5, 8)]
    assert found.layers[0].outputs == [(1, 5, 24)]
    assert found.unused == []


def test_an_embedding_that_is_the_head_too_is_called_again() -> None:
    module = Said(lambda m, x: m.emb(x) @ m.emb.weight.t(), emb=nn.Embedding(50, 8))
    found = seen(module, entered(7, 1, whole=True))
    assert rows(found) == [("emb", "Embedding", 400, 0, 0), ("emb", "Embedding", 0, 0, 0)]
    assert found.layers[1].tied == "emb"
    assert found.layers[1].outputs == [(1, 7, 50)]


def test_a_forward_that_is_called_past_the_module_is_seen() -> None:
    found = seen(Said(lambda m, x: m.conv.forward(x), conv=nn.Conv2d(3, 5, 3)))
    assert found.layers == [Observed("conv", "Conv2d", [(1, 3, 32, 32)], [(1, 5, 30, 30)], 135, 5, 0)]


class Tokens(nn.Module):  # type: ignore[misc]
    """Free parameters as a vision transformer has them, with a layer scale."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.token = nn.Parameter(torch.zeros(1, 1, 16))
        self.places = nn.Parameter(torch.zeros(1, 17, 16))
        self.gamma = nn.Parameter(torch.ones(16), requires_grad=False)
        self.mlp = nn.Linear(16, 16)
        self.spare = nn.Parameter(torch.zeros(5))

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        x = x + self.places[:, : x.shape[1]]
        return x + self.gamma.reshape(1, 1, -1) * self.mlp(x)


def test_a_free_parameter_is_seen_at_its_first_use() -> None:
    found = seen(Tokens())
    assert found.layers == [
        Observed("patches", "Conv2d", [(1, 3, 32, 32)], [(1, 16, 4, 4)], 8 * 8 * 3 * 16, 16, 0),
        Observed("token", "Parameter", [(1, 16, 16)], [(1, 17, 16)], 16, 0, 0),
        Observed("places", "Parameter", [(1, 17, 16)], [(1, 17, 16)], 272, 0, 0),
        Observed("mlp", "Linear", [(1, 17, 16)], [(1, 17, 16)], 256, 16, 0),
        Observed("gamma", "Parameter", [(1, 17, 16)], [(1, 17, 16)], 16, 0, 0, frozen=True),
    ]
    assert [(one.name, one.weights, one.calls) for one in found.unused] == [("spare", 5, 0)]


def test_learned_queries_are_seen_where_they_meet_weights() -> None:
    def forward(m: Any, x: Any) -> Any:
        return m.attend(m.embed(m.query), x, x)[0]

    module = Said(forward, attend=nn.MultiheadAttention(8, 2, batch_first=True), embed=nn.Linear(8, 8))
    module.query = nn.Parameter(torch.zeros(1, 4, 8))
    found = seen(module, entered(9, 8))
    assert [(one.name, one.weights, one.outputs) for one in found.layers] == [
        ("embed", 64, [(1, 4, 8)]), ("query", 32, [(1, 4, 8)]), ("attend", 256, [(1, 4, 8), (1, 4, 9)]),
    ]  # fmt: skip


def test_a_leaf_with_parameters_of_its_own_is_one_row() -> None:
    def forward(m: Any, x: Any) -> Any:
        return (x - x.mean(1, keepdim=True)) * m.g.view(1, -1, 1, 1) + m.b.view(1, -1, 1, 1)

    norm = Said(forward, g=nn.Parameter(torch.ones(3)), b=nn.Parameter(torch.zeros(3)))
    found = seen(nn.Sequential(nn.Conv2d(3, 3, 1), norm))
    assert rows(found) == [("0", "Conv2d", 9, 3, 0), ("1", "Said", 3, 3, 0)]  # `b` is only added
    alone = seen(Said(lambda m, x: x + m.b, b=nn.Parameter(torch.zeros(3, 1, 1))))
    assert rows(alone) == [("", "Said", 3, 0, 0)]  # biases of nothing are weights


def test_biases_are_known_by_the_function_that_reads_them() -> None:
    def forward(m: Any, x: Any) -> Any:
        return F.layer_norm(x, (32,), m.gamma, m.beta)

    norm = Said(forward, gamma=nn.Parameter(torch.ones(32)), beta=nn.Parameter(torch.zeros(32)))
    assert rows(seen(norm)) == [("", "Said", 32, 32, 0)]


def test_buffers_are_numbers_with_fractions() -> None:
    def forward(m: Any, x: Any) -> Any:
        return m.conv((x - m.mean) / m.std)[:, m.order]

    module = Said(forward, conv=nn.Conv2d(3, 4, 1))
    module.register_buffer("mean", torch.zeros(1, 3, 1, 1))
    module.register_buffer("std", torch.ones(1, 3, 1, 1), persistent=False)
    module.register_buffer("order", torch.arange(4))
    found = seen(module)
    assert rows(found) == [("mean", "Buffer", 0, 0, 3), ("std", "Buffer", 0, 0, 3), ("conv", "Conv2d", 12, 4, 0)]
    assert found.real is None


def test_frozen_is_a_module_none_of_whose_parameters_is_trained() -> None:
    module = Net()
    module.conv1.requires_grad_(False)
    module.fc.weight.requires_grad_(False)
    assert [one.frozen for one in seen(module).layers] == [True, False, False]


# Types that are more than their parts.


@pytest.mark.parametrize("first", [True, False])
def test_attention_is_one_with_its_projections(first: bool) -> None:
    module = Said(lambda m, x: m.attend(x, x, x)[0], attend=nn.MultiheadAttention(16, 4, batch_first=first))
    (one,) = seen(module, entered(10, 16)).layers
    assert (one.name, one.kind, one.weights, one.biases) == ("attend", "MultiheadAttention", 4 * 256, 4 * 16)
    assert [(part.name, part.outputs, part.weights, part.biases) for part in one.parts] == [
        ("attend.in_proj", [(1, 10, 48)], 768, 48), ("attend.out_proj", [(1, 10, 16)], 256, 16),
    ]  # fmt: skip


def test_attention_over_other_depths_has_three_projections() -> None:
    attend = nn.MultiheadAttention(16, 4, kdim=8, vdim=12, batch_first=True, bias=False)
    module = Said(lambda m, x: m.attend(x, x[..., :8], x[..., :12])[0], attend=attend)
    (one,) = seen(module, entered(10, 16)).layers
    assert [(part.name, part.weights) for part in one.parts] == [
        ("attend.q_proj", 256), ("attend.k_proj", 128), ("attend.v_proj", 192), ("attend.out_proj", 256),
    ]  # fmt: skip
    assert (one.weights, one.biases) == (832, 0)


def test_the_layers_of_a_transformer_are_seen_past_its_fast_path() -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    found = seen(nn.TransformerEncoder(layer, 2).eval(), entered(10, 16))
    inside = ["self_attn", "norm1", "linear1", "linear2", "norm2"]
    assert [one.name for one in found.layers] == [f"layers.{n}.{name}" for n in (0, 1) for name in inside]
    assert found.parameters == 2 * (4 * 256 + 4 * 16 + 2 * 16 * 32 + 32 + 16 + 4 * 16)


def test_a_recurrent_module_is_one() -> None:
    found = seen(nn.LSTM(8, 16, 2, bidirectional=True, batch_first=True), entered(5, 8))
    # weights: 4·16·(8 + 16) in each direction, then 4·16·(32 + 16); biases: two of 4·16 for each layer and direction
    assert rows(found) == [("", "LSTM", 2 * 64 * 24 + 2 * 64 * 48, 8 * 64, 0)]
    assert found.outputs == [(1, 5, 32), (4, 1, 16), (4, 1, 16)]


_RECURRENT = [
    *(
        (made, options)
        for made in (nn.LSTM, nn.GRU, nn.RNN)
        for options in ({}, {"num_layers": 2}, {"bidirectional": True})
    ),
    (nn.LSTM, {"proj_size": 3}),
]


@pytest.mark.parametrize(("made", "options"), _RECURRENT)
def test_a_recurrent_module_puts_out_what_torch_says(made: Any, options: dict[str, Any]) -> None:
    """Not walked step by step: a network over 2,000 steps would take seconds."""
    module = made(4, 6, batch_first=True, **options)
    output, state = module(torch.zeros(1, 5, 4))
    shapes = [tuple(one.shape) for one in (output, *(state if isinstance(state, tuple) else (state,)))]
    assert list(seen(module, entered(5, 4)).layers[0].outputs) == shapes


@pytest.mark.parametrize(("made", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_sequences_of_several_lengths_need_no_data(made: Any, gates: int) -> None:
    rnn = nn.utils.rnn

    def forward(m: Any, x: Any) -> Any:
        packed = rnn.pack_padded_sequence(x, [x.shape[1]], batch_first=True)
        return rnn.pad_packed_sequence(m.rnn(packed)[0], batch_first=True)[0]

    found = seen(Said(forward, rnn=made(4, 6, 2, batch_first=True, bidirectional=True)), entered(7, 4))
    assert (found.real, found.outputs) == (None, [(1, 7, 12)])
    assert rows(found) == [("rnn", made.__name__, gates * 6 * (2 * 10 + 2 * 18), gates * 6 * 8, 0)]
    assert found.layers[0].outputs[0] == (7, 12)


# How weights are made.


@pytest.mark.parametrize("wrap", [nn.utils.weight_norm, nn.utils.parametrizations.weight_norm])
def test_the_gain_of_weight_norm_is_a_parameter(wrap: Any) -> None:
    found = seen(nn.Sequential(wrap(nn.Conv2d(3, 5, 3)), nn.ReLU()))
    assert rows(found) == [("0", "Conv2d", 5 * 27 + 5, 5, 0)]
    assert found.unused == []


@pytest.mark.parametrize("wrap", [nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm])
def test_the_vectors_of_spectral_norm_are_no_parameters(wrap: Any) -> None:
    assert rows(seen(nn.Sequential(wrap(nn.Conv2d(3, 5, 3))))) == [("0", "Conv2d", 135, 5, 0)]


def test_parameters_of_parametrizations_are_all_counted() -> None:
    class Low(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Parameter(torch.zeros(4, 1)), nn.Parameter(torch.zeros(1, 8))

        def forward(self, weight: Any) -> Any:
            return weight + self.a @ self.b

    fc = nn.Linear(8, 4)
    for _ in range(2):
        nn.utils.parametrize.register_parametrization(fc, "weight", Low())
    assert rows(seen(nn.Sequential(fc), entered(8))) == [("0", "Linear", 32 + 2 * (4 + 8), 4, 0)]


def test_weights_of_a_parametrized_module_used_by_a_function_are_a_call_of_it() -> None:
    fc = nn.utils.parametrizations.weight_norm(nn.Linear(8, 4))
    found = seen(Said(lambda m, x: F.linear(x, m.fc.weight, m.fc.bias), fc=fc), entered(5, 8))
    assert rows(found) == [("fc", "Linear", 32 + 4, 4, 0)]


def test_the_mask_of_a_pruned_module_counts_as_nothing() -> None:
    conv = nn.Conv2d(3, 5, 3)
    prune.l1_unstructured(conv, "weight", 0.5)
    prune.l1_unstructured(conv, "bias", 0.5)
    assert rows(seen(nn.Sequential(conv))) == [("0", "Conv2d", 135, 5, 0)]


def test_a_low_rank_wrapper_is_seen_as_what_it_is() -> None:
    def forward(m: Any, x: Any) -> Any:
        return m.base_layer(x) + m.lora_B(m.lora_A(x))

    parts = {"lora_A": nn.Linear(8, 2, bias=False), "lora_B": nn.Linear(2, 6, bias=False)}
    wrapper = Said(forward, base_layer=nn.Linear(8, 6).requires_grad_(False), **parts)
    found = seen(nn.Sequential(wrapper), entered(8))
    assert [(one.name, one.parameters, one.frozen) for one in found.layers] == [
        ("0.base_layer", 54, True), ("0.lora_A", 16, False), ("0.lora_B", 12, False),
    ]  # fmt: skip


# Wrappers, and what is refused.


def test_wrappers_are_taken_off() -> None:
    plain = seen(Net())
    assert seen(torch.compile(Net())) == plain
    assert seen(nn.DataParallel(Net())) == plain
    assert seen(torch.optim.swa_utils.AveragedModel(nn.DataParallel(torch.compile(Net())))) == plain
    compiled = Net()
    compiled.compile()
    assert seen(compiled) == plain
    inside = Net()
    inside.conv1 = torch.compile(inside.conv1)
    assert seen(inside) == plain


def test_a_distributed_module_is_taken_off_its_wrapper() -> None:
    distributed = pytest.importorskip("torch.distributed")
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        module = nn.parallel.DistributedDataParallel(Net())
        assert seen(module) == seen(Net())
        module(torch.rand(2, 3, 32, 32)).sum().backward()
        assert seen(module) == seen(Net())
    finally:
        distributed.destroy_process_group()


def test_a_sharded_module_is_refused() -> None:
    sharded = type("FSDPNet", (Net, type("FSDPModule", (), {})), {})
    with pytest.raises(
        TypeError, match=r"^`FSDPNet` has only a part of its parameters here: give the module before it is"
    ):
        observe(sharded(), IMAGE)


def test_observers_of_ranges_are_no_layers() -> None:
    quantization = pytest.importorskip("torch.ao.quantization")
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).train()
    module.qconfig = quantization.get_default_qat_qconfig("fbgemm")
    assert rows(seen(quantization.prepare_qat(module))) == [("0", "Conv2d", 108, 4, 0)]


def test_a_scripted_function_or_module_without_parameters_is_called() -> None:
    module = Said(lambda m, x: m.conv(m.relu(x)), conv=nn.Conv2d(3, 4, 3), relu=torch.jit.script(nn.ReLU()))
    assert rows(observe(module, IMAGE)) == [("conv", "Conv2d", 108, 4, 0)]


def test_scripted_and_quantised_modules_are_refused() -> None:
    for module in (torch.jit.script(nn.Linear(3, 4)), torch.jit.trace(nn.Linear(3, 4), torch.zeros(1, 3))):
        with pytest.raises(
            TypeError, match=r"^`.*` is scripted or traced: give the module that `torch\.jit` was given$"
        ):
            observe(nn.Sequential(module), entered(3))
    module = nn.Sequential(nn.Linear(3, 4))
    module[0] = nn.quantized.dynamic.Linear(3, 4)
    with pytest.raises(TypeError, match="`0` is quantised"):
        observe(module, entered(3))


def test_a_lazy_module_is_initialised_on_a_copy() -> None:
    module = nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))
    found = seen(module)
    assert rows(found) == [
        ("0", "Conv2d", 216, 8, 0), ("1", "BatchNorm2d", 8, 8, 16), ("4", "Linear", 8 * 900 * 10, 10, 0),
    ]  # fmt: skip
    assert isinstance(module[0], nn.LazyConv2d)
    assert module[4].has_uninitialized_params()


def test_a_lazy_module_that_cannot_be_copied_is_refused() -> None:
    module = nn.Sequential(nn.LazyLinear(3))
    module.lock = threading.Lock()
    with pytest.raises(Unreadable, match=r"^`Sequential` is lazy, and cannot be copied: give it after its first call$"):
        seen(module, entered(3))


def test_a_loss_is_no_layer() -> None:
    module = Said(lambda m, x: m.fc(x), fc=nn.Linear(4, 3), loss=nn.CrossEntropyLoss(weight=torch.ones(3)))
    assert seen(module, entered(4)).unused == []


# Data.


def test_numbers_that_a_forward_makes_meet_tensors_without_data() -> None:
    def forward(m: Any, x: Any) -> Any:
        places = torch.arange(x.shape[-1], device=x.device).float() / int(torch.tensor(2))
        mask = torch.zeros(32, 32, device="cuda").to(x.device)
        mask[:, :5] = 1
        return m.conv(x.cuda() + places.to("cuda:0") + m.table.cpu()) * mask

    module = Said(forward, conv=nn.Conv2d(3, 4, 1))
    module.table = torch.ones(32)
    found = seen(module)
    assert rows(found) == [("conv", "Conv2d", 12, 4, 0)]
    assert found.real is None


def test_numbers_that_a_forward_fills_have_no_data_either() -> None:
    def forward(m: Any, x: Any) -> Any:
        out = torch.zeros(1, 4, 32, 32)
        out[:] = m.conv(x)
        return out * m.gain

    found = seen(Said(forward, conv=nn.Conv2d(3, 4, 1), gain=nn.Parameter(torch.ones(1))))
    assert rows(found) == [("conv", "Conv2d", 12, 4, 0), ("gain", "Parameter", 1, 0, 0)]
    assert found.real is None


def test_a_branch_on_numbers_that_were_filled_needs_data() -> None:
    def forward(m: Any, x: Any) -> Any:
        seen = torch.zeros(3, device=x.device)
        seen[:] = x.mean((0, 2, 3))
        return m.conv(x) if seen.any() else m.other(x)

    found = seen(Said(forward, conv=nn.Conv2d(3, 4, 1), other=nn.Conv2d(3, 5, 1)))
    assert rows(found) == [("conv", "Conv2d", 12, 4, 0)]
    assert found.real is not None


def test_code_that_reads_data_is_called_with_data() -> None:
    def forward(m: Any, x: Any) -> Any:
        return m.conv(x) if x.max() > 0 else None

    found = seen(Said(forward, conv=nn.Conv2d(3, 4, 3)))
    assert volumes(found) == {"conv": [(1, 4, 30, 30)]}
    assert (found.real or "").startswith("`Said` reads data: ")


def test_attributes_of_a_parameter_are_those_of_its_stand_in() -> None:
    module = Said(lambda m, x: m.conv(x) * m.conv.weight.factor, conv=nn.Conv2d(3, 4, 3))
    module.conv.weight.factor = 2
    assert rows(seen(module)) == [("conv", "Conv2d", 108, 4, 0)]
    assert vars(module.conv.weight) == {"factor": 2}


@pytest.mark.parametrize("own", [True, False])
def test_a_forward_that_derives_gets_gradients(own: bool) -> None:
    def forward(m: Any, x: Any) -> Any:
        with torch.set_grad_enabled(own or torch.is_grad_enabled()):
            x = x.detach().requires_grad_()
            return torch.autograd.grad(m.fc(x).sum(), x)[0]

    module = Said(forward, fc=nn.Linear(4, 3))
    found = seen(module, entered(4))
    assert (rows(found), found.outputs, found.real) == ([("fc", "Linear", 12, 3, 0)], [(1, 4)], None)
    assert module.fc.weight.grad is None


# Inputs.


def test_layouts() -> None:
    conv = nn.Sequential(nn.Conv1d(8, 4, 3))
    assert volumes(seen(conv, entered(20, 8))) == {"0": [(1, 4, 18)]}
    assert volumes(seen(nn.Sequential(nn.Conv3d(3, 4, 3)), entered(8, 9, 10, 3))) == {"0": [(1, 4, 6, 7, 8)]}
    assert volumes(seen(nn.Sequential(nn.Linear(8, 4)), entered(20, 8))) == {"0": [(1, 20, 4)]}
    assert volumes(seen(nn.Sequential(nn.Linear(8, 4)), entered(5, 6, 8))) == {"0": [(1, 5, 6, 4)]}
    assert volumes(seen(nn.Sequential(nn.Linear(8, 4)), entered(8))) == {"0": [(1, 4)]}
    assert volumes(seen(nn.Sequential(nn.Embedding(9, 4)), entered(20, 1, whole=True))) == {"0": [(1, 20, 4)]}
    assert volumes(seen(nn.Sequential(nn.Embedding(9, 4)), entered(20, whole=True))) == {"0": [(1, 20, 4)]}
    assert volumes(seen(nn.Sequential(nn.Embedding(9, 4)), entered(20))) == {"0": [(1, 20, 4)]}


def test_layouts_without_a_depth_and_with_time_first() -> None:
    conv = nn.Conv1d(1, 4, 3)
    assert volumes(seen(Said(lambda m, x: m.conv(x.unsqueeze(1)), conv=conv), entered(20, 1))) == {"conv": [(1, 4, 18)]}
    video = Said(lambda m, x: m.conv(x.flatten(0, 1)), conv=nn.Conv2d(3, 4, 3))
    assert volumes(seen(video, entered(5, 8, 9, 3))) == {"conv": [(5, 4, 6, 7)]}


class Two(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 4), nn.Linear(5, 4)

    def forward(self, left: Any, right: Any, scale: float = 1.0) -> Any:
        return self.a(left) + self.b(right) * scale


def test_several_inputs_by_name_or_in_their_order() -> None:
    left, right = entered(3, name="left")[0], entered(5, name="right")[0]
    expected = {"a": [(1, 4)], "b": [(1, 4)]}
    assert volumes(seen(Two(), [left, right])) == expected
    assert volumes(seen(Two(), [right, left])) == expected
    assert volumes(seen(Two(), [entered(3, name="x")[0], entered(5, name="y")[0]])) == expected
    packed = {"two.a": [(1, 4)], "two.b": [(1, 4)]}
    assert volumes(seen(Said(lambda m, x: m.two(x["left"], x["right"]), two=Two()), [left, right])) == packed
    assert volumes(seen(Said(lambda m, x: m.two(*x), two=Two()), [left, right])) == packed


def test_options_get_no_tensor_and_hooks_see_the_input() -> None:
    class Options(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(5, 4)

        def forward(self, x: Any, scale: float = 2.0, features: bool = False, y: Any = None) -> Any:
            return self.a(x) * scale if y is None or features else self.a(x) + self.b(y)

    module, read = Options(), []
    module.register_forward_pre_hook(lambda _, inputs: read.append(tuple(inputs[0].shape)))
    assert volumes(seen(module, [*entered(3, name="left"), *entered(5, name="right")])) == {
        "a": [(1, 4)],
        "b": [(1, 4)],
    }
    assert volumes(seen(module, entered(3))) == {"a": [(1, 4)]}
    assert set(read) == {(1, 3)}


def test_inputs_that_a_module_does_not_take_are_named() -> None:
    with pytest.raises(Unreadable, match=r"^`Two\.forward` takes `left` and `right`, but the file has the input `x`$"):
        seen(Two(), entered(3))
    with pytest.raises(Unreadable, match=r"^`Linear\.forward` takes `input`, but the file has the inputs `x` and `y`$"):
        seen(nn.Linear(3, 4), [*entered(3), *entered(3, name="y")])


def test_a_list_of_parameters_is_part_of_the_module_that_it_is_in() -> None:
    def forward(m: Any, x: Any) -> Any:
        for one in m.scales:
            x = m.conv(x) * one
        return x

    module = Said(forward, conv=nn.Conv2d(3, 3, 1), scales=nn.ParameterList([torch.ones(1), torch.ones(3, 1, 1)]))
    assert rows(seen(module)) == [
        ("conv", "Conv2d", 9, 3, 0), ("scales.0", "Parameter", 1, 0, 0),
        ("conv", "Conv2d", 0, 0, 0), ("scales.1", "Parameter", 3, 0, 0),
    ]  # fmt: skip
    alone = Said(lambda m, x: x * m.scales["a"], scales=nn.ParameterDict({"a": torch.ones(1), "b": torch.ones(2)}))
    assert rows(seen(alone)) == [("", "Said", 3, 0, 0)]


def test_shortcuts_say_what_torch_says() -> None:
    tensors = {"x": torch.rand(2, 4, 6), "four": torch.rand(4), "six": torch.rand(6), "matrix": torch.rand(5, 6)}
    bare = {name: one.to("meta") for name, one in tensors.items()}

    def calls(t: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        x = t["x"]
        statistics = t["four"], t["four"]
        yield "batch_norm", (x, *statistics), {"weight": t["four"], "bias": None, "training": False}
        yield "batch_norm", (x, *statistics), {"training": True}
        yield "batch_norm", (x, t["six"], t["six"]), {}
        yield "layer_norm", (x, (6,), t["six"], t["six"]), {}
        yield "layer_norm", (x, (4, 6)), {}
        yield "layer_norm", (x, (4,), t["four"], t["four"]), {}
        yield "layer_norm", (x, (6,), t["four"]), {}
        yield "linear", (x, t["matrix"]), {"bias": torch.rand(5, device=x.device)}
        yield "linear", (x, t["matrix"], t["six"]), {}
        yield "linear", (x, t["matrix"].t()), {}
        yield "linear", (x.double(), t["matrix"]), {}
        yield "linear", (x, t["six"]), {}
        for name in ("gelu", "silu", "mish", "hardswish", "hardsigmoid", "relu6", "elu", "leaky_relu"):
            yield name, (x,), {}
            yield name, (x.long(),), {}
            if name != "gelu":
                yield name, (x.transpose(1, 2),), {"inplace": True}

    answered = 0
    for (name, args, named), (_, others, more) in zip(calls(tensors), calls(bare), strict=True):
        assert shortcut(name, others, more) is None  # with gradients
        with torch.no_grad():
            found = shortcut(name, others, more)
        if found is not None:
            answered += 1
            expected = getattr(F, name)(*args, **named)
            assert (found.shape, found.dtype, found.stride()) == (expected.shape, expected.dtype, expected.stride())
    assert answered == 2 + 2 + 1 + 8


def test_a_mistake_that_a_shortcut_sees_is_said_by_torch() -> None:
    for module, said in (
        (nn.BatchNorm2d(4), "running_mean"),
        (nn.LayerNorm(33), "normalized_shape"),
        (nn.Linear(7, 3), "7"),
    ):
        with pytest.raises(Unreadable, match=said):
            seen(nn.Sequential(module))


def test_a_module_without_inputs_and_one_that_takes_them_by_name_only() -> None:
    class Named(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 4)

        def forward(self, *, values: Any, mask: Any = None) -> Any:
            return {"logits": self.fc(values)}

    assert volumes(seen(Named(), entered(3))) == {"fc": [(1, 4)]}
    assert seen(Named(), entered(3, name="values")).outputs == [(1, 4)]
    with pytest.raises(Unreadable, match=r"^`Named\.forward` takes `values`, but the file has no input$"):
        seen(Named(), [])
    with pytest.raises(Unreadable, match=r"^`Linear\.forward` takes `input`, but the file has no input$"):
        seen(nn.Linear(3, 4), [])


class Began(nn.Module):  # type: ignore[misc]  # torch may be missing
    def __init__(self) -> None:
        super().__init__()
        self.cls, self.pos = nn.Parameter(torch.zeros(1, 1, 8)), nn.Parameter(torch.zeros(1, 17, 8))

    def forward(self, x: Any) -> Any:
        return torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos


def test_a_class_of_the_users_own_is_one_call_that_can_be_taken_apart() -> None:
    (call,) = seen(Began(), [Entered("input", Volume((16,), 8))]).layers
    assert (call.kind, call.outputs) == ("Began", [(1, 17, 8)])
    assert call.parameters == 8 + 17 * 8
    assert [(part.name, part.weights) for part in call.parts] == [("cls", 8), ("pos", 136)]
