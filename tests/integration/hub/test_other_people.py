"""Other people's models: fetched by id, converted once, with licence and author beside them."""

import errno
import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from srcli.weights.catalog import published
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.published import read_community
from srcli.weights.formats import conversion, spandrel_networks
from srcli.weights.formats.checkpoint import load_model

with spandrel_networks._torchvision():
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.SPAN import SPAN

FETCHED = [source for source in read_community() if source.addresses]
PATH = "/somebody/models/"
GREEN = ("green-x2", "compact", "Green_x2.pth", "BSD-3-Clause")
BLUE = ("blue-x2", "span", "Blue_x2.safetensors", "CC-BY-4.0")
RED = ("red-x4", "esrgan", "Red_x4.pth", "CC-BY-NC-4.0")
MAKERS = {
    "compact": lambda scale: Compact(num_feat=8, num_conv=2, upscale=scale),
    "span": lambda scale: SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=scale),
    "esrgan": lambda scale: ESRGAN(num_filters=8, num_blocks=1, scale=scale),
}


def save(path, network, scale):
    """Write a small network of an architecture as its author would publish it."""
    state = MAKERS[network](scale).state_dict()
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save({"params_ema": state}, path)


def entry(hub, path, named, scale):
    model, network, file, licence = named
    save(path / file, network, scale)
    content = (path / file).read_bytes()
    hub.plain[PATH + file] = content
    return WeightCard(
        id=model,
        network=network,
        scale=scale,
        file=file,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        addresses=(f"https://somewhere.example{PATH}{file}",),
        pages=("https://somewhere.example/page",),
        community=True,
        licence=licence,
        author="Ada",
    )


@pytest.fixture
def offered(hub, tmp_path, monkeypatch) -> dict[str, WeightCard]:
    """A catalogue of three small networks; the licence of the red one forbids some uses."""
    folder = tmp_path / "published"
    folder.mkdir()
    found = [entry(hub, folder, named, int(named[0][-1])) for named in (GREEN, BLUE, RED)]
    monkeypatch.setattr(published, "read_community", lambda: tuple(found))
    return {source.id: source for source in found}


def kept(tmp_path):
    """Return the names of what is in the tool's folder, locks aside."""
    files = (path for path in (tmp_path / "srcli").rglob("*") if path.is_file())
    return {path.name for path in files if path.suffix != ".lock"}


def beside(model):
    return {f"{model}.safetensors", f"{model}.sha256", f"{model}.NOTICE.txt"}


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("model", ["green-x2", "blue-x2"])
def test_a_model_is_fetched_and_converted_with_its_notice(srcli, hub, offered, tmp_path, model):
    source = offered[model]
    done = srcli("models", "fetch", model)
    assert done.returncode == 0, done.stderr
    assert words(done.stderr) == source.attribution
    path = Path(done.stdout.strip())
    assert path.name == f"{model}.safetensors"
    assert kept(tmp_path) == beside(model)
    notice = path.with_name(f"{model}.NOTICE.txt").read_text()
    facts = (source.attribution, source.sha256, source.addresses[0], f"{source.licence}.html")
    assert all(fact in notice for fact in facts)
    assert "same tensors" in notice
    assert srcli("models", "fetch", model).stdout == done.stdout
    assert len(hub.downloads()) == 1


def test_the_converted_file_says_whose_it_is_and_is_the_same_network(srcli, offered, tmp_path):
    source = offered["green-x2"]
    path = Path(srcli("models", "fetch", source.id).stdout.strip())
    with safe_open(path, framework="pt") as file:
        texts = file.metadata()
    assert (texts["author"], texts["licence"]) == ("Ada", "BSD-3-Clause")
    assert source.sha256 in texts["srcli_origin"]
    shown = srcli("models", "show", path).stdout
    assert source.attribution in shown
    before = load_model(tmp_path / "published" / source.file).network.state_dict()
    after = load_model(path).network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_the_original_is_kept_on_request(srcli, hub, offered, tmp_path):
    assert srcli("models", "fetch", "green-x2").returncode == 0
    offline = srcli("models", "fetch", "green-x2", "--keep-original", "--offline")
    assert offline.returncode == 4
    for _ in range(2):
        done = srcli("models", "fetch", "green-x2", "--keep-original")
        assert done.returncode == 0, done.stderr
        assert kept(tmp_path) == {*beside("green-x2"), "green-x2.original.pth"}
    original = Path(done.stdout.strip()).with_name("green-x2.original.pth")
    assert original.read_bytes() == hub.plain[PATH + offered["green-x2"].file]
    assert len(hub.downloads()) == 2
    assert srcli("models", "remove", "green-x2").stdout == "green-x2  removed\n"
    assert kept(tmp_path) == set()


def test_a_model_is_fetched_when_it_is_first_used_and_its_size_is_told(
    srcli, hub, offered, photo, tmp_path
):
    options = ("--model", "blue-x2", "--scale", 2.7)
    done = srcli("upscale", photo, *options, "-o", "out.png")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (62, 84)
    size = f"{offered['blue-x2'].size / 1e6:.1f} MB"
    told = f"blue-x2 ({size}, licence CC-BY-4.0) is not on this machine. It is fetched once."
    assert told in words(done.stderr)
    again = srcli("upscale", photo, *options, "-o", "again.png", "--offline")
    assert again.returncode == 0, again.stderr
    assert "fetched" not in again.stderr
    assert len(hub.downloads()) == 1


@pytest.mark.parametrize("command", ["upscale", "fetch"])
def test_offline_nothing_is_asked(srcli, hub, offered, photo, command):
    words = ("upscale", photo, "--model", "blue-x2") if command == "upscale" else ()
    done = srcli(*(words or ("models", "fetch", "blue-x2")), "--offline")
    assert done.returncode == 4
    assert "srcli is offline" in done.stderr
    assert "fetched once" not in done.stderr
    assert hub.seen == []
    del offered


def test_a_licence_that_restricts_the_use_has_to_be_accepted(srcli, hub, offered, photo, tmp_path):
    assert offered["red-x4"].is_restricted
    for command in (("models", "fetch", "red-x4"), ("upscale", photo, "--model", "red-x4")):
        done = srcli(*command)
        assert done.returncode == 4
        said = words(done.stderr)
        assert "red-x4 has the licence CC-BY-NC-4.0, which does not allow every use" in said
        assert "srcli models fetch red-x4 --accept-licence" in said
        assert "https://somewhere.example/page" in said
    assert hub.seen == []
    assert kept(tmp_path) == set()
    done = srcli("models", "fetch", "red-x4", "--accept-licence")
    assert done.returncode == 0, done.stderr
    assert "CC-BY-NC-4.0" in Path(done.stdout.strip()).with_name("red-x4.NOTICE.txt").read_text()
    used = srcli("upscale", photo, "--model", "red-x4", "--scale", 4)
    assert used.returncode == 0, used.stderr


def test_a_broken_download_is_gone_on_with(srcli, hub, offered, tmp_path):
    source = offered["green-x2"]
    hub.cuts, hub.refusals = 1, 9
    assert srcli("models", "fetch", source.id).returncode == 4
    assert kept(tmp_path) == {f"{source.file}.part"}
    hub.refusals = 0
    assert srcli("models", "fetch", source.id).returncode == 0
    assert hub.downloads()[-1].range == f"bytes={source.size // 2}-"
    assert kept(tmp_path) == beside(source.id)


def test_another_file_is_refused_and_leaves_nothing(srcli, hub, offered, tmp_path):
    source = offered["green-x2"]
    content = hub.plain[PATH + source.file]
    hub.plain[PATH + source.file] = content[:-1] + bytes([content[-1] ^ 1])
    done = srcli("models", "fetch", source.id)
    assert done.returncode == 4
    assert f"another file, whose sha256 is not {source.sha256}" in words(done.stderr)
    assert kept(tmp_path) == set()


def publish(hub, monkeypatch, source, content):
    """Put another file where a model is, with the hash that it has."""
    sha256 = hashlib.sha256(content).hexdigest()
    changed = replace(source, size=len(content), sha256=sha256)
    hub.plain[PATH + source.file] = content
    monkeypatch.setattr(published, "read_community", lambda: (changed,))


def test_a_network_of_another_scale_is_refused(srcli, hub, offered, tmp_path, monkeypatch):
    save(tmp_path / "other.pth", "compact", 3)
    publish(hub, monkeypatch, offered["green-x2"], (tmp_path / "other.pth").read_bytes())
    done = srcli("models", "fetch", "green-x2")
    assert done.returncode == 4
    assert "enlarges 3 times, not 2 times" in words(done.stderr)
    assert not kept(tmp_path) & {"green-x2.safetensors", "Green_x2.pth"}


def test_nothing_in_the_file_is_run(srcli, hub, offered, tmp_path, monkeypatch):
    class Bomb:
        def __reduce__(self):
            return Path.mkdir, (tmp_path / "ran",)

    torch.save({"params": Bomb()}, tmp_path / "bomb.pth")
    publish(hub, monkeypatch, offered["green-x2"], (tmp_path / "bomb.pth").read_bytes())
    done = srcli("models", "fetch", "green-x2")
    assert done.returncode == 4
    assert "Nothing in it was run" in words(done.stderr)
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_no_numbers_are_refused(srcli, hub, offered, tmp_path, monkeypatch):
    state = MAKERS["compact"](2).state_dict()
    next(iter(state.values())).view(-1)[0] = torch.nan
    torch.save(state, tmp_path / "nan.pth")
    publish(hub, monkeypatch, offered["green-x2"], (tmp_path / "nan.pth").read_bytes())
    done = srcli("models", "fetch", "green-x2")
    assert done.returncode == 4
    assert "not finite numbers" in words(done.stderr)


def test_a_conversion_that_changes_the_network_is_refused(srcli, offered, tmp_path, monkeypatch):
    def halved(path, tensors, metadata):
        write(path, {name: value / 2 for name, value in tensors.items()}, metadata)

    write = conversion.write_tensors
    monkeypatch.setattr(conversion, "write_tensors", halved)
    done = srcli("models", "fetch", "green-x2")
    assert done.returncode == 4
    assert "the networks differ" in words(done.stderr)
    assert "green-x2.safetensors" not in kept(tmp_path)
    del offered


def test_a_download_that_cannot_be_converted_for_want_of_room_is_not_lost(
    srcli, hub, offered, tmp_path, monkeypatch
):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(conversion, "write_tensors", fail)
        assert srcli("models", "fetch", "green-x2").returncode == 5
    assert offered["green-x2"].file in kept(tmp_path)
    assert srcli("models", "fetch", "green-x2").returncode == 0
    assert len(hub.downloads()) == 1
    assert kept(tmp_path) == beside("green-x2")


def test_without_the_extra_nothing_is_downloaded(srcli, hub, offered, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "spandrel" else real(name)
    )
    done = srcli("models", "fetch", "green-x2")
    assert done.returncode == 2
    assert "srcli[community]" in done.stderr
    assert hub.seen == []
    del offered


@pytest.mark.parametrize("source", FETCHED, ids=lambda source: source.id)
def test_every_model_of_the_catalogue_is_fetched_from_its_address(
    srcli, hub, tmp_path, monkeypatch, source
):
    """A small network of its scale stands for each, under the path of its address."""
    save(tmp_path / source.file, "compact", source.scale)
    content = (tmp_path / source.file).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    small = replace(source, size=len(content), sha256=sha256)
    monkeypatch.setattr(published, "read_community", lambda: (small,))
    hub.plain[source.addresses[0].removeprefix("https://github.com")] = content
    done = srcli("models", "fetch", source.id)
    assert done.returncode == 0, done.stderr
    assert words(done.stderr) == source.attribution
    assert kept(tmp_path) == beside(source.id)
    assert srcli("models", "verify", source.id).stdout == f"{source.id}  ok\n"
