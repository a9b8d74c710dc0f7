"""A catalogue of a family of fixed scales, a restoration model and one of any ratio."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from srcli.management import models
from srcli.networks.asdn import AsdnConfig
from srcli.networks.catalog import NETWORKS
from srcli.networks.panet import RestorationConfig
from srcli.networks.san import SanConfig
from srcli.usecases.measure import MeasureRequest, measure, to_toml
from srcli.weights.catalog import included
from srcli.weights.formats.checkpoint import Header, save_model
from srcli.weights.providers import origins

TINY = {
    "asdn": AsdnConfig(blocks=1, width=8, unshuffle=2),
    "panetir": RestorationConfig(blocks=2, channels=8, levels=1),
    "san": SanConfig(scale=2, groups=1, blocks=1, channels=16, squeeze=4),
}
READ_CATALOG = included.read_catalog
NAMES = {"asdn-own": None, "panetir-jpeg": 1, "san-tiny-x2": 2, "san-tiny-x3": 3}


@pytest.fixture(scope="module")
def tiny_presets():
    """Every network has one more preset."""
    with pytest.MonkeyPatch.context() as patch:
        for name, config in TINY.items():
            spec = NETWORKS[name]
            patch.setitem(NETWORKS, name, replace(spec, presets={**spec.presets, "tiny": config}))
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Five pictures under the name of Set5."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "Set5").mkdir()
    noise = np.random.default_rng(0)
    for n in range(5):
        samples = noise.integers(0, 256, (6, 7, 3), np.uint8)
        picture = Image.fromarray(samples).resize((56, 48), Image.Resampling.BICUBIC)
        picture.save(folder / f"Set5/{n}.png")
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory, tiny_presets, pictures):
    """A weights file of each, and the catalogue, as it is measured."""
    del tiny_presets
    folder = tmp_path_factory.mktemp("weights")
    entries = []
    for model, scale in NAMES.items():
        spec = NETWORKS[model.partition("-")[0]]
        config = spec.configure("tiny", scale)
        state = spec.build(config).state_dict()
        file = folder / f"{model}.safetensors"
        save_model(file, state, Header(network=spec.name, config=config))
        request = MeasureRequest(
            file=file,
            id=model,
            trained_on='five "noises"',
            purpose="jpeg" if scale == 1 else "clean",
            good_for="Tests.",
            training="none\nat all",
            datasets=("Set5-JPEG30" if scale == 1 else "Set5",),
            data_dir=pictures,
        )
        entries.append(to_toml(measure(request, lambda _: None)))
    (folder / "catalog.toml").write_text("\n".join(entries))
    return folder


@pytest.fixture
def shipped(weights, monkeypatch):
    """These models as those that come along."""
    for module in (included, origins):
        monkeypatch.setattr(module, "shipped_folder", lambda: weights)
    for module in (included, models):
        monkeypatch.setattr(module, "read_catalog", READ_CATALOG.__wrapped__)
    monkeypatch.setattr("srcli.pipeline.loaded_models.DEFAULT_MODEL", "asdn-own")
    return weights


@pytest.mark.usefixtures("shipped")
def test_an_entry_is_what_the_catalogue_needs(weights):
    for card in models.read_catalog():
        assert (card.preset, card.scale) == ("tiny", NAMES[card.id])
        assert card.size == (weights / card.file).stat().st_size
        assert card.trained_on == 'five "noises"'
        assert card.training == "none\nat all"
        assert (card.purpose, card.good_for) == ("jpeg" if card.scale == 1 else "clean", "Tests.")
        assert [cell.scale for cell in card.scores] == (
            [2.0, 2.7, 3.0, 4.0] if card.scale is None else [float(card.scale)]
        )
        assert all(0 < cell.psnr_y < 60 for cell in card.scores)


def test_the_command_prints_the_entry(srcli, weights, pictures):
    done = srcli(
        *("models", "measure", weights / "san-tiny-x2.safetensors", "--id", "san-tiny-x2"),
        *("--data-dir", pictures, "--dataset", "Set5", "--scale", "2,2.5", "--resume", "r.jsonl"),
        *("--notes", "small", "--licence", "MIT"),
    )
    assert done.returncode == 0, done.stderr
    (entry,) = tomllib.loads(done.stdout)["model"]
    assert entry["id"] == "san-tiny-x2"
    assert entry["notes"] == "small"
    assert [score["scale"] for score in entry["scores"]] == [2.0, 2.5]


@pytest.mark.usefixtures("shipped")
@pytest.mark.usefixtures("no_packages")
def test_the_family_is_listed_shown_verified_and_found(srcli, shipped):
    listed = srcli("models", "list").stdout
    assert "x1 JPEG30" in listed
    assert "x3 " in listed
    assert srcli("models", "verify").stdout.split() == [w for m in NAMES for w in (m, "ok")]
    assert srcli("models", "path", "san-tiny-x3").stdout.strip() == str(
        shipped / "san-tiny-x3.safetensors"
    )
    shown = srcli("models", "show", "panetir-jpeg").stdout
    assert "x1: it restores, and keeps the size" in shown
    assert "srcli bench --model panetir-jpeg --dataset Set5-JPEG30 --scale 1" in shown
    page = srcli("models", "show", "san-tiny-x3", "--markdown").stdout
    assert "| Set5 | x3 |" in page
    assert "srcli upscale photo.jpg --model san-tiny-x3 --scale 3" in page


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("command", ["show", "path", "verify", "fetch"])
@pytest.mark.parametrize("model", ["san-tiny", "san-tiny-x7"])
def test_without_a_scale_the_members_are_named(srcli, command, model):
    done = srcli("models", command, model)
    assert done.returncode == 2
    assert "san-tiny-x2, san-tiny-x3" in done.stderr


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("model", "scale"),
    [("san-tiny", 2), ("san-tiny", 3), ("san-tiny", 2.7), ("san-tiny-x2", 2.7), ("san-tiny", 4)],
)
def test_a_family_enlarges(srcli, photo, model, scale):
    done = srcli("upscale", photo, "--model", model, "--scale", scale, "-o", "out.png")
    assert done.returncode == 0, done.stderr
    with Image.open("out.png") as made:
        assert made.size == (int(23 * scale + 0.5), int(31 * scale + 0.5))


@pytest.mark.usefixtures("shipped")
def test_a_restoration_model_keeps_the_size(srcli, photo):
    done = srcli("upscale", photo, "--model", "panetir-jpeg", "--scale", 1, "-o", "out.png")
    assert done.returncode == 0, done.stderr
    with Image.open("out.png") as made, Image.open(photo) as given:
        assert made.size == given.size
        assert made.tobytes() != given.tobytes()


@pytest.mark.usefixtures("shipped")
def test_what_is_restored_may_be_enlarged_as_well(srcli, photo):
    planned = srcli(
        *("upscale", photo, "--model", "panetir-jpeg", "--scale", 1.5, "--dry-run", "--json")
    )
    assert json.loads(planned.stdout)["way"] == "panetir-jpeg x1, asdn-own x1.5"


@pytest.mark.usefixtures("shipped")
def test_what_a_card_claims_is_what_bench_measures(srcli, pictures):
    done = srcli(
        *("bench", "--model", "san-tiny,asdn-own", "--scale", "2,2.7,3", "--dataset", "Set5"),
        *("--data-dir", pictures, "--format", "json"),
    )
    rows = {(r["conditions"]["model"], r["scale"]): r for r in json.loads(done.stdout)["rows"]}
    for model in ("san-tiny-x2", "san-tiny-x3"):
        (cell,) = models.find_card(model).scores
        found = rows["san-tiny", cell.scale]["scores"]
        assert found["psnr_y"] == pytest.approx(cell.psnr_y, abs=6e-4)
        assert found["ssim_y"] == pytest.approx(cell.ssim_y, abs=6e-5)
    assert rows["san-tiny", 2.7]["scores"]


def test_compressed_pictures_are_a_data_set_of_their_own(srcli, pictures):
    done = srcli(
        *("bench", "--model", "bicubic", "--scale", "1,2", "--format", "json"),
        *("--dataset", "Set5,set5-jpeg20,Set5-JPEG90", "--data-dir", pictures),
    )
    rows = {(r["dataset"], r["scale"]): r["scores"] for r in json.loads(done.stdout)["rows"]}
    assert rows["Set5", 1]["psnr_y"] == "inf"
    for scale in (1, 2):
        assert rows["Set5-JPEG20", scale]["psnr_y"] + 1 < rows["Set5-JPEG90", scale]["psnr_y"]
    assert rows["Set5-JPEG90", 2]["psnr_y"] < rows["Set5", 2]["psnr_y"]
    for name in ("Set5-JPEG0", "Set5-JPEG101", "Set6-JPEG20", "Set5-WEBP20"):
        refused = srcli("bench", "--dataset", name, "--model", "bicubic")
        assert refused.returncode == 2
        assert "There is no data set named" in refused.stderr


def test_what_cannot_be_an_entry_is_said(srcli, weights, pictures, tmp_path):
    def refusal(file, model, *more):
        done = srcli("models", "measure", file, "--id", model, "--data-dir", pictures, *more)
        return done.returncode, done.stderr

    code, said = refusal(weights / "san-tiny-x2.safetensors", "san-tiny-x3")
    assert (code, "named after x3" in said) == (2, True)
    config = AsdnConfig(blocks=2, width=8, unshuffle=2)
    other = tmp_path / "other.safetensors"
    state = NETWORKS["asdn"].build(config).state_dict()
    save_model(other, state, Header(network="asdn", config=config))
    code, said = refusal(other, "asdn-other")
    assert (code, "is of no preset of our networks" in said) == (4, True)
    small = tmp_path / "Set14"
    small.mkdir()
    for n in range(14):
        Image.new("RGB", (9, 9)).save(small / f"{n}.png")
    code, said = refusal(
        *(weights / "san-tiny-x2.safetensors", "san-tiny-x2"),
        *("--dataset", "Set14", "--data-dir", tmp_path),
    )
    assert (code, "too small to measure" in said) == (3, True), said
    assert refusal(tmp_path / "none.safetensors", "none")[0] == 2
