"""Tiny networks as ONNX, run by onnxruntime."""

import importlib.util

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from srcli.errors import UsageError
from srcli.networks import asdn
from srcli.networks.asdn import AsdnConfig
from srcli.networks.blocks.covariance import STATISTICS_SIDE, SecondOrderChannelAttention
from srcli.networks.blocks.nonlocal_attention import PooledNonLocal
from srcli.networks.cirn import SPEC as CIRN
from srcli.networks.cirn import CirnConfig
from srcli.networks.fsdn import SPEC as FSDN
from srcli.networks.fsdn import FsdnConfig
from srcli.networks.panet import SPEC as PANET
from srcli.networks.panet import PanetConfig
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits
from srcli.weights.formats import onnx_export, spandrel_networks
from srcli.weights.formats.checkpoint import Header, load_model, save_model
from srcli.weights.formats.onnx_export import export_onnx

with spandrel_networks._torchvision():
    from spandrel.architectures.RCAN import RCAN

FAST = AsdnConfig(blocks=1, width=8, unshuffle=2)


@pytest.fixture
def tiny(tmp_path):
    """A tiny ASDN of the fast kind, whose heads all differ."""
    network = asdn.build(FAST)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    path = tmp_path / "tiny.safetensors"
    save_model(path, network.state_dict(), Header(network="asdn", config=FAST))
    return path


@pytest.fixture
def fixed(tmp_path):
    """A tiny RCAN of factor 2."""
    network = RCAN(scale=2, n_resgroups=1, n_resblocks=1, n_feats=16, reduction=4)
    path = tmp_path / "tiny.pth"
    torch.save(network.state_dict(), path)
    return path


def ran(path, image):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (enlarged,) = session.run(["enlarged"], {"image": image.numpy()})
    return enlarged


@pytest.mark.parametrize("ratio", [2.0, 1.35])
def test_an_any_ratio_model_keeps_the_ratio_of_its_export(srcli, tiny, tmp_path, ratio):
    done = srcli("models", "export", tiny, "--ratio", ratio, "-o", "out.onnx")
    assert (done.returncode, done.stdout) == (0, "out.onnx\n"), done.stderr
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.count("differs from PyTorch by at most") == 2
    network = load_model(tiny).network
    for size in ((1, 3, 34, 26), (3, 3, 16, 50)):
        image = torch.rand(size)
        with torch.inference_mode():
            wanted, other = (network(image, factor).numpy() for factor in (ratio, 1.8))
        found = ran(tmp_path / "out.onnx", image)
        assert np.abs(found - wanted).max() <= 1e-4
        assert np.abs(found - other).max() > 1e-3
        assert np.abs(found - image.numpy()).max() > 1e-3


def test_a_fixed_scale_model_is_exported_without_a_ratio(srcli, fixed, tmp_path):
    done = srcli("models", "export", fixed, "--format", "onnx", "-o", "deep/out.onnx")
    assert done.returncode == 0, done.stderr
    for size in ((1, 3, 21, 34), (3, 3, 17, 12)):
        image = torch.rand(size)
        found = ran(tmp_path / "deep/out.onnx", image)
        assert found.shape == (size[0], 3, 2 * size[2], 2 * size[3])
        assert np.abs(found - load_model(fixed).network(image).numpy()).max() <= 1e-4
    refused = srcli("models", "export", fixed, "--ratio", 2, "-o", "out.onnx")
    assert refused.returncode == 2
    assert "this one enlarges by 2" in refused.stderr


def test_the_file_says_what_it_is(srcli, tiny, tmp_path):
    assert srcli("models", "export", tiny, "-o", "out.onnx").returncode == 0
    made = onnx.load(tmp_path / "out.onnx")
    onnx.checker.check_model(made)
    notes = {note.key: note.value for note in made.metadata_props}
    assert notes["model"] == str(tiny)
    assert notes["scale"].startswith("x2, of a picture already enlarged")
    names = [side.dim_param for side in made.graph.input[0].type.tensor_type.shape.dim]
    assert names == ["batch", "", "2*height", "2*width"]


@pytest.mark.parametrize("ratio", [1, 2.01, "nan"])
def test_a_ratio_that_no_pass_has_is_refused(srcli, tiny, tmp_path, ratio):
    done = srcli("models", "export", tiny, "--ratio", ratio, "-o", "out.onnx")
    assert done.returncode == 2
    assert "is not above 1 and at most 2" in done.stderr
    assert not (tmp_path / "out.onnx").exists()


def test_a_file_that_is_there_is_kept(srcli, tiny, tmp_path):
    (tmp_path / "out.onnx").write_text("mine")
    done = srcli("models", "export", tiny, "-o", "out.onnx")
    assert done.returncode == 3
    assert "--overwrite" in done.stderr
    assert (tmp_path / "out.onnx").read_text() == "mine"
    assert srcli("models", "export", tiny, "-o", "out.onnx", "--overwrite").returncode == 0
    assert srcli("models", "export", tiny, "-o", "out.pt").returncode == 2
    assert srcli("models", "export", tiny, "-o", "o.onnx", "--format", "tflite").returncode == 2


def test_a_place_that_takes_no_file_is_said(srcli, tiny, tmp_path, monkeypatch):
    made = onnx_export.Exported(content=b"graph", opset=18, parity=())
    monkeypatch.setattr("srcli.usecases.export.export_onnx", lambda *_, **__: made)
    (tmp_path / "taken").write_text("mine")
    done = srcli("models", "export", tiny, "-o", "taken/out.onnx")
    assert done.returncode == 3
    assert "taken/out.onnx cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("spec", "config"),
    [
        (CIRN, CirnConfig(scale=3, groups=1, channels=8)),
        (FSDN, FsdnConfig(scale=2, blocks=1, width=16, dense_layers=1, growth=8, stem=8)),
    ],
    ids=["cirn", "fsdn"],
)
def test_a_network_that_sees_the_whole_picture_is_exported(srcli, tmp_path, spec, config):
    network = spec.build(config).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    header = Header(network=spec.name, config=config)
    save_model(tmp_path / "tiny.safetensors", network.state_dict(), header)
    done = srcli("models", "export", "tiny.safetensors", "-o", "out.onnx")
    assert done.returncode == 0, done.stderr
    for size in ((1, 3, 4, 5), (2, 3, 33, 18)):
        image = torch.rand(size)
        with torch.inference_mode():
            wanted = network(image).numpy()
        assert np.abs(ran(tmp_path / "out.onnx", image) - wanted).max() <= 1e-4


def test_the_statistics_of_a_larger_picture_come_from_its_centre():
    """All of SAN takes half a minute: these are the parts that branch where nothing is exported."""

    class Parts(FixedScaleNetwork):
        """Attention of SAN alone."""

        traits = FixedScaleTraits(scale=1, receptive_radius=None)

        def __init__(self):
            super().__init__()
            self.channels = SecondOrderChannelAttention(3, reduction=1)
            self.pixels = PooledNonLocal(3, reduction=1)

        def forward(self, image_B3HW):
            return self.pixels(self.channels(image_B3HW))

    network = Parts().eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    made = export_onnx(network)
    for size in ((1, 3, 5, STATISTICS_SIDE + 5), (2, 3, STATISTICS_SIDE + 6, 4), (1, 3, 7, 9)):
        image = torch.rand(size)
        with torch.inference_mode():
            wanted = network(image).numpy()
        assert np.abs(ran(made.content, image) - wanted).max() <= 1e-4


def test_a_network_that_the_exporter_cannot_follow_is_refused():
    class Looking(FixedScaleNetwork):
        """Does one thing or the other, as the picture is."""

        traits = FixedScaleTraits(scale=1, receptive_radius=0)

        def forward(self, image_B3HW):
            return image_B3HW if image_B3HW.mean() > 0 else -image_B3HW

    with pytest.raises(UsageError, match="for any height and width") as caught:
        export_onnx(Looking().eval())
    assert caught.value.hint.startswith("PyTorch's exporter says: ")


def test_a_network_that_onnx_ties_to_one_size_is_refused():
    class Tied(FixedScaleNetwork):
        """Adds a picture of the size that it was traced at."""

        traits = FixedScaleTraits(scale=1, receptive_radius=0)

        def forward(self, image_B3HW):
            height, width = map(int, image_B3HW.shape[-2:])
            return image_B3HW.new_zeros(1, 3, height, width) + image_B3HW

    with pytest.raises(UsageError, match="for any height and width"):
        export_onnx(Tied().eval())


def test_a_network_that_is_known_not_to_export_is_said_at_once(srcli, tmp_path):
    config = PanetConfig(scale=2, blocks=2, channels=8, levels=1)
    state = PANET.build(config).state_dict()
    save_model(tmp_path / "panet.safetensors", state, Header(network="panet", config=config))
    done = srcli("models", "export", "panet.safetensors", "-o", "out.onnx")
    assert done.returncode == 2
    assert "its attention works in strips" in " ".join(done.stderr.split())
    assert not (tmp_path / "out.onnx").exists()


def test_a_result_that_differs_is_not_written(srcli, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)
    done = srcli("models", "export", tiny, "-o", "out.onnx")
    assert done.returncode == 4
    assert "differs from PyTorch by" in done.stderr
    assert not (tmp_path / "out.onnx").exists()


def test_without_the_extra_it_is_named(srcli, tiny, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxscript" else real(name)
    )
    done = srcli("models", "export", tiny, "-o", "out.onnx")
    assert done.returncode == 2
    assert "The export needs onnxscript, which is not installed" in done.stderr
    assert "pip install 'srcli[onnx]'" in done.stderr


def test_a_graph_that_runs_at_one_size_alone_is_refused():
    network = asdn.build(FAST).eval()
    fixed = onnx_export._AtRatio(network, 2.0)
    with onnx_export._quiet():
        image = torch.rand(1, 3, 36, 28)
        program = torch.onnx.export(
            fixed, (image,), input_names=["image"], output_names=["enlarged"], verbose=False
        )
    content = program.model_proto.SerializeToString()
    with pytest.raises(UsageError, match="for any height and width") as caught:
        list(onnx_export._compare(content, fixed, network.traits))
    assert caught.value.hint.startswith("ONNX Runtime says: ")
