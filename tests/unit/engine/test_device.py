from contextlib import ExitStack, suppress
from types import SimpleNamespace

import pytest
import torch

from srcli.engine.device import (
    PRECISIONS,
    Compute,
    choose_compute,
    choose_device,
    has_bfloat16,
)
from srcli.errors import UsageError


def test_the_processor_can_be_chosen():
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["nonsense", "cuda:97", "", "meta:x"])
def test_a_device_that_is_not_there_is_a_usage_error(name):
    with pytest.raises(UsageError):
        choose_device(name)


def test_a_network_that_is_not_for_a_precision_runs_in_float32():
    half = Compute(device=torch.device("cpu"), dtype=torch.float16)
    assert half.allowed((torch.bfloat16, torch.float16)) is half
    assert half.allowed((torch.bfloat16,)).dtype == torch.float32
    plain = Compute(device=torch.device("cpu"))
    assert plain.allowed(()) == plain


def test_reduced_precision_is_a_matter_of_the_context():
    compute = Compute(device=torch.device("cpu"), dtype=torch.bfloat16)
    with compute.autocast():
        assert torch.mm(torch.rand(2, 2), torch.rand(2, 2)).dtype == torch.bfloat16
    with Compute(device=torch.device("cpu")).autocast():
        assert torch.mm(torch.rand(2, 2), torch.rand(2, 2)).dtype == torch.float32


def backends(*, convolutions, products) -> SimpleNamespace:
    return SimpleNamespace(cudnn=convolutions, cuda=SimpleNamespace(matmul=products))


@pytest.mark.parametrize(
    ("name", "loose", "exact"), [("fp32_precision", "tf32", "ieee"), ("allow_tf32", True, False)]
)
def test_float32_on_cuda_is_ieees_while_a_network_runs(monkeypatch, name, loose, exact):
    convolutions, products = SimpleNamespace(**{name: loose}), SimpleNamespace(**{name: exact})
    cudnn = SimpleNamespace(conv=convolutions) if name == "fp32_precision" else convolutions
    monkeypatch.setattr(torch, "backends", backends(convolutions=cudnn, products=products))
    inside = []
    with suppress(ZeroDivisionError), Compute(device=torch.device("cuda")).autocast():
        inside += [getattr(kind, name) for kind in (convolutions, products)]
        raise ZeroDivisionError
    assert inside == [exact, exact]
    assert [getattr(kind, name) for kind in (convolutions, products)] == [loose, exact]


def test_the_settings_of_float32_are_pytorchs():
    convolutions, products = torch.backends.cudnn.conv, torch.backends.cuda.matmul
    before = convolutions.fp32_precision, products.fp32_precision
    with Compute(device=torch.device("cuda")).autocast():
        assert {convolutions.fp32_precision, products.fp32_precision} == {"ieee"}
    assert (convolutions.fp32_precision, products.fp32_precision) == before


def test_float32_stays_exact_until_the_last_of_several_calls_is_done():
    convolutions = torch.backends.cudnn.conv
    before = convolutions.fp32_precision
    cuda = Compute(device=torch.device("cuda"))
    with ExitStack() as last:
        with cuda.autocast():
            last.enter_context(cuda.autocast())
        assert convolutions.fp32_precision == "ieee"
    assert convolutions.fp32_precision == before


def test_automatic_choice_takes_an_accelerator_where_there_is_one():
    best = "cuda" if torch.cuda.is_available() else "cpu"
    if torch.backends.mps.is_available():
        best = "mps"
    assert choose_device("auto").type == best


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_precision_is_that_of_the_convolutions(name):
    compute = choose_compute("cpu", name)
    with compute.autocast():
        result = torch.nn.Conv2d(3, 3, 3)(torch.rand(1, 3, 4, 4))
    assert compute.dtype == result.dtype == PRECISIONS[name]


@pytest.mark.parametrize(("name", "hint"), [("float64", "bfloat16"), ("float16", "bfloat16")])
def test_a_precision_that_cannot_be_had_is_a_usage_error(name, hint):
    with pytest.raises(UsageError) as caught:
        choose_compute("cpu", name)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx2": True, "avx512_f": True, "avx512_bf16": False}, False),
        ({"avx512_f": True, "avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"architecture": "aarch64", "neon": True, "bf16": True}, True),
        ({"architecture": "aarch64", "neon": True, "bf16": False}, False),
    ],
)
def test_a_processor_says_whether_it_has_bfloat16(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert has_bfloat16(torch.device("cpu")) is expected


def test_a_processor_of_which_pytorch_tells_nothing_is_taken_to_have_none(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_bfloat16(torch.device("cpu"))


@pytest.mark.parametrize("has", [True, False])
def test_bfloat16_that_is_imitated_is_warned_of(monkeypatch, caplog, has):
    monkeypatch.setattr("srcli.engine.device.has_bfloat16", lambda _: has)
    choose_compute("cpu", "float32")
    assert caplog.messages == []
    choose_compute("cpu", "bfloat16")
    assert ("float32 is faster" in caplog.text) == (not has)


@pytest.mark.parametrize("built_in", [False, True])
def test_auto_is_bfloat16_where_it_is_built_in_and_the_network_loses_nothing(monkeypatch, built_in):
    monkeypatch.setattr("srcli.engine.device.has_bfloat16", lambda _: built_in)
    chosen = choose_compute("cpu", "auto")
    fast = torch.bfloat16 if built_in else torch.float32
    assert chosen.suited(keeps_quality=True) == Compute(device=torch.device("cpu"), dtype=fast)
    assert chosen.suited(keeps_quality=False) == Compute(device=torch.device("cpu"))


def test_a_precision_that_was_asked_for_is_taken_for_every_network():
    asked = choose_compute("cpu", "bfloat16")
    assert asked.suited(keeps_quality=False) == asked
