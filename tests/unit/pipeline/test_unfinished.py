"""Large results that a later run goes on with."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.progress import SilentProgress
from srcli.errors import OutOfMemory
from srcli.images.encode import encode_photo
from srcli.images.formats import PNG
from srcli.images.picture.photo import Photo
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits
from srcli.pipeline import probe
from srcli.pipeline.choose import Choice
from srcli.pipeline.enlarge import enlarge_picture
from srcli.pipeline.loaded_models import LoadedModels
from srcli.pipeline.output_spec import Output, OutputSpec
from srcli.pipeline.run import Pipeline
from srcli.pipeline.target_size import TargetSize

CPU = Compute(device=torch.device("cpu"))
HEIGHT, WIDTH = 60, 50
CHOICE = Choice(model="tiny")


class Watch(SilentProgress):
    """Counts pixels, and breaks off after some of them."""

    def __init__(self, most: float = float("inf")) -> None:
        self.total = self.done = self.steps = 0
        self.most = most

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, amount: int) -> None:
        self.done += amount
        self.steps += 1
        if self.done > self.most:
            raise KeyboardInterrupt


class Doubler(FixedScaleNetwork):
    """Sees three pixels around each."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 12, 7, padding=3)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=2, receptive_radius=3)

    def forward(self, image_B3HW):
        return nn.functional.pixel_shuffle(self.layer(image_B3HW), 2)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(probe, "LARGE", 1)
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "cache"))
    return probe.unfinished_folder()


def any_ratio() -> NetworkRunner:
    torch.manual_seed(0)
    network = LocalAsdn(AsdnConfig(blocks=1, width=12, unshuffle=2))
    for head in network.heads:
        nn.init.normal_(head.get_parameter("weight"), std=0.05)
    runner = NetworkRunner(network, CPU, UpscaleOptions(pad_border=True))
    runner._rows.band = 1  # the smallest bands
    return runner


def doubler() -> NetworkRunner:
    torch.manual_seed(0)
    return NetworkRunner(Doubler(), CPU, UpscaleOptions(tile=16))


def loaded(runner: NetworkRunner, sha256: str = "00") -> LoadedModels:
    names = {runner.network.traits.scale: "tiny"}
    return LoadedModels(runner=runner, sha256=(sha256,), names=names)


def picture(*, alpha: bool = False, gray: bool = False, bits: int = 8) -> Photo:
    dtype = {8: torch.uint8, 16: torch.uint16}[bits]
    levels = torch.randint(0, 2**bits, (1, 4, HEIGHT, WIDTH), generator=torch.manual_seed(1))
    colors = levels[:, :1].expand(-1, 3, -1, -1) if gray else levels[:, :3]
    return Photo(
        pixels=colors.to(dtype),
        alpha=levels[:, 3:].to(dtype) if alpha else None,
        gray=gray,
        bits=bits,
    )


def target(scale: int) -> TargetSize:
    return TargetSize(height=scale * HEIGHT, width=scale * WIDTH, ratio=scale)


def make(photo, scale, runner, progress=None, choice=CHOICE, sha256="00"):
    progress = progress or Watch()
    return enlarge_picture(photo, target(scale), loaded(runner, sha256), choice, progress)


def undisturbed(photo, scale, runner, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(probe, "LARGE", 2**40)
        result, kept = make(photo, scale, runner)
    assert kept is None
    return result


def interrupted(photo, scale, runner, share=0.7):
    whole = Watch()
    make(photo, scale, runner, whole)[1].remove()
    with pytest.raises(KeyboardInterrupt):
        make(photo, scale, runner, Watch(share * whole.total))
    return whole


@pytest.mark.parametrize("build", [any_ratio, doubler])
@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize(
    "kind", [{}, {"gray": True}, {"bits": 16}], ids=["colour", "grey", "16 bits"]
)
def test_a_picture_that_was_broken_off_is_finished_as_if_it_had_not_been(
    build, scale, kind, monkeypatch, folder
):
    photo = picture(**kind)
    expected = undisturbed(photo, scale, build(), monkeypatch)
    whole = interrupted(photo, scale, build())
    assert list(folder.iterdir())
    again = Watch()
    result, kept = make(photo, scale, build(), again)
    assert torch.equal(result.pixels, expected.pixels)
    assert again.steps < 0.65 * whole.steps
    assert again.total == whole.total <= again.done <= 1.1 * whole.total
    kept.remove()
    assert not list(folder.iterdir())
    assert torch.equal(result.pixels, expected.pixels)


@pytest.mark.parametrize("build", [any_ratio, doubler])
@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("share", [0.3, 0.7], ids=["opacity", "colours"])
@pytest.mark.parametrize("gray", [False, True])
def test_opacity_that_was_broken_off_is_gone_on_with(build, scale, share, gray, monkeypatch):
    photo = picture(alpha=True, gray=gray)
    expected = undisturbed(photo, scale, build(), monkeypatch)
    whole = Watch()
    make(photo, scale, build(), whole)[1].remove()
    with pytest.raises(KeyboardInterrupt):
        make(photo, scale, build(), Watch(share * 2 * whole.total))
    again = Watch()
    result, kept = make(photo, scale, build(), again)
    kept.remove()
    assert torch.equal(result.pixels, expected.pixels)
    assert torch.equal(result.alpha, expected.alpha)
    assert again.steps < (1.35 - share) * whole.steps


def test_opacity_that_is_the_same_everywhere_takes_no_work(monkeypatch):
    photo = picture(alpha=True)
    photo.alpha[:] = 77
    expected = undisturbed(photo, 2, any_ratio(), monkeypatch)
    whole = interrupted(photo, 2, any_ratio())
    again = Watch()
    result, kept = make(photo, 2, any_ratio(), again)
    kept.remove()
    assert torch.equal(result.pixels, expected.pixels)
    assert (result.alpha == 77).all()
    assert again.steps < 0.65 * whole.steps


@pytest.mark.parametrize("other", ["pixels", "weights", "choice", "size"])
def test_what_another_picture_or_model_left_is_not_gone_on_with(other):
    interrupted(picture(), 2, any_ratio())
    photo, scale = picture(), 3 if other == "size" else 2
    if other == "pixels":
        photo.pixels[0, 0, -1, -1] ^= 1
    choice = Choice(model="tiny", guard=True) if other == "choice" else CHOICE
    sha256 = "11" if other == "weights" else "00"
    results, steps = [], []
    for _ in range(2):
        watch = Watch()
        result, kept = make(photo, scale, any_ratio(), watch, choice, sha256)
        kept.remove()
        results.append(result.pixels)
        steps.append(watch.steps)
    assert steps[0] == steps[1]
    assert torch.equal(*results)


def test_without_room_on_the_disk_memory_holds_the_picture(monkeypatch, tmp_path):
    expected = undisturbed(picture(), 4, any_ratio(), monkeypatch)
    (tmp_path / "cache").write_text("a file is in the way")
    result, kept = make(picture(), 4, any_ratio())
    assert torch.equal(result.pixels, expected.pixels)
    kept.remove()


def test_a_pipeline_writes_the_same_file_and_leaves_nothing(monkeypatch, folder):
    content = encode_photo(picture(), PNG, name="it")
    spec = OutputSpec(resolve=lambda *_: target(2))
    pipeline = Pipeline(spec, loaded(any_ratio()))

    def made():
        output = Output(format=PNG, name="it")
        return pipeline.make(content, name="it", progress=SilentProgress(), output=output)

    large = made()
    assert not list(folder.iterdir())
    monkeypatch.setattr(probe, "LARGE", 2**40)
    small = made()
    assert large.content == small.content
    assert large.file.sha256 == small.file.sha256
    assert len(large.file) == len(small.content)
    assert large.consistency == small.consistency


def test_a_result_for_which_neither_disk_nor_memory_has_room_is_refused(monkeypatch):
    monkeypatch.setattr(probe, "LARGE", 1)
    monkeypatch.setattr("srcli.engine.memory.host_memory", lambda: 10**9)
    content = encode_photo(picture(), PNG, name="it")
    spec = OutputSpec(resolve=lambda *_: target(1000))
    pipeline = Pipeline(spec, loaded(any_ratio()))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**12))
    pipeline.probe(content, name="it").check_memory(whole=False)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**9))
    with pytest.raises(OutOfMemory):
        pipeline.probe(content, name="it").check_memory(whole=False)
