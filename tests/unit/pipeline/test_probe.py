import io
from dataclasses import replace

import pytest
from PIL import Image

from srcli.engine.network_runner import NetworkRunner
from srcli.engine.recursion import plan_passes
from srcli.errors import OutOfMemory
from srcli.networks.spec import FixedScaleTraits
from srcli.pipeline.loaded_models import Mixes
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.probe import choose_action, memory_needed, probe
from srcli.pipeline.target_size import TargetSize

DOUBLE = FixedScaleTraits(scale=2, receptive_radius=4)


def target(height: int, width: int) -> TargetSize:
    return TargetSize(height=height, width=width, ratio=max(height / 60, width / 100))


def content(frames: int = 1) -> bytes:
    file = io.BytesIO()
    pictures = [Image.new("L", (100, 60), n % 256) for n in range(frames)]
    pictures[0].save(
        file, "GIF" if frames > 1 else "PNG", save_all=True, append_images=pictures[1:]
    )
    return file.getvalue()


@pytest.mark.parametrize(
    ("size", "policy", "action"),
    [
        ((61, 50), "skip", "make"),
        ((60, 100), "skip", "skip"),
        ((60, 100), "copy", "copy"),
        ((30, 100), "copy", "copy"),
        ((30, 50), "shrink", "make"),
    ],
)
def test_a_picture_is_large_enough_along_both_axes_or_not_at_all(size, policy, action):
    assert choose_action((60, 100), size, policy) == action


@pytest.mark.parametrize(
    ("size", "policy", "action", "result"),
    [
        ((120, 200), "shrink", "make", (120, 200)),
        ((30, 50), "shrink", "make", (30, 50)),
        ((30, 50), "copy", "copy", (60, 100)),
        ((30, 50), "skip", "skip", (60, 100)),
    ],
)
def test_a_probe_says_what_becomes_of_a_file(models, size, policy, action, result):
    spec = OutputSpec(resolve=lambda *_: target(*size), when_large=policy)
    probed = probe(content(), spec, models, name="it")
    assert (probed.info.size, probed.action, probed.size) == ((60, 100), action, result)


def test_frames_that_do_not_fit_into_memory_together_are_refused(models, monkeypatch):
    monkeypatch.setattr("srcli.engine.memory.host_memory", lambda: 10_000_000)
    spec = OutputSpec(resolve=lambda *_: target(120, 200))
    probe(content(10), spec, models, name="it").check_memory(whole=False)
    with pytest.raises(OutOfMemory, match="700 frames of 200x120 pixels"):
        probe(content(700), spec, models, name="it").check_memory(whole=False)


def test_the_model_that_needs_most_memory_decides(tiny_models):
    spec = OutputSpec(resolve=lambda *_: target(240, 400))
    two_passes, one_pass = tiny_models(2), tiny_models(4)
    either = replace(one_pass, mixes=Mixes((one_pass, one_pass, two_passes), NetworkRunner))
    needed = [
        probe(content(), spec, models, name="it").memory
        for models in (one_pass, two_passes, either)
    ]
    assert needed[0] < needed[1] == needed[2]


def test_memory_is_that_of_source_and_result_and_of_the_pictures_on_the_way():
    detour, straight = (
        memory_needed((60, 100), plan_passes((60, 100), size, target(*size).ratio, DOUBLE))
        for size in ((66, 110), (120, 200))
    )
    assert detour - straight == 12 * 66 * 110
    assert memory_needed((60, 100), ()) < straight
