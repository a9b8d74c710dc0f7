from random import Random

import pytest
import torch

from srcli.images.synthetic.fonts import find_fonts, font_folders
from srcli.training import batch_sampler, drawn
from srcli.training.drawn import draw_scene


@pytest.mark.parametrize("kind", range(len(drawn._KINDS)))
def test_every_kind_draws_something_and_the_seed_decides(kind, monkeypatch):
    monkeypatch.setattr(drawn, "_KINDS", drawn._KINDS[kind : kind + 1])
    seen = set()
    for seed in range(6):
        scene = draw_scene(48, Random(seed))
        assert scene == draw_scene(48, Random(seed))
        picture = scene.render(48, 48)
        assert torch.equal(picture, scene.render(48, 48))
        assert picture.float().std() > 1
        seen.add(picture.numpy().tobytes())
    assert len(seen) == 6


def test_scenes_fit_any_size():
    for seed in range(30):
        for side in (8, 21, 57):
            assert draw_scene(side, Random(seed)).render(side, side).shape == (3, side, side)


def test_lr_is_reduced_from_hr_or_drawn_anew_at_its_size():
    anew = 0
    for seed in range(60):
        hr, shown = batch_sampler._drawn(seed, 48, 24)
        assert hr.shape == (3, 48, 48)
        if shown.shape == hr.shape:
            assert torch.equal(hr, shown)
            continue
        anew += 1
        assert shown.shape == (3, 24, 24)
        reduced = torch.nn.functional.avg_pool2d(hr.float(), 2)
        assert (shown.float() - reduced).abs().mean() < 12  # the same scene
    assert 14 <= anew <= 36


def test_pillows_own_font_is_always_there_and_files_that_are_no_fonts_never(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "notes.txt").touch()
    assert find_fonts((tmp_path, tmp_path / "missing")) == ("",)
    assert find_fonts(font_folders())[0] == ""


@pytest.mark.parametrize("system", ["win32", "darwin", "linux"])
def test_every_system_has_folders_of_fonts(system, monkeypatch):
    monkeypatch.setattr("srcli.images.synthetic.fonts.sys.platform", system)
    assert all("ont" in str(folder) for folder in font_folders())
