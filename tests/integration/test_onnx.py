"""ONNX files as models: small ones made here, and what ``srcli models export`` writes."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.errors import CorruptWeights, MissingExtra
from srcli.networks import asdn
from srcli.networks.asdn import AsdnConfig
from srcli.weights.formats import onnx_session, onnx_trial, spandrel_networks
from srcli.weights.formats.checkpoint import Header, load_model, save_model

with spandrel_networks._torchvision():
    from spandrel.architectures.Compact import Compact

CPU = Compute(device=torch.device("cpu"))
FREE = [1, 3, "height", "width"]
FLOAT, HALF, UINT8 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8


def constant(name, values, kind=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=kind), name)


def nearest(before="x", after="y"):
    return helper.make_node("Resize", [before, "", "scales"], [after], mode="nearest")


def written(
    path, *nodes, takes=FREE, kind=FLOAT, gives=FLOAT, scales=(1, 1, 2, 2), inputs=(), functions=()
):
    """Write a model of ``nodes`` from ``x`` to ``y``; a constant ``scales`` is at hand."""
    graph = helper.make_graph(
        list(nodes or [nearest()]),
        "tiny",
        [helper.make_tensor_value_info("x", kind, takes), *inputs],
        [helper.make_tensor_value_info("y", gives, None)],
        initializer=[constant("scales", scales), constant("low", 20.0), constant("white", 255.0)],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("other", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, functions=list(functions))
    path.write_bytes(model.SerializeToString())
    return path


def cast(before, after, to):
    return helper.make_node("Cast", [before], [after], to=to)


@pytest.fixture
def picture():
    return torch.randint(0, 256, (1, 3, 45, 37), dtype=torch.uint8).float() / 255


MODELS = {
    "floats to 1": ([], {}, ("float32", 1, 1)),
    "float16": ([nearest()], {"kind": HALF, "gives": HALF}, ("float16", 1, 1)),
    "uint8": (
        [cast("x", "f", FLOAT), nearest("f", "g"), cast("g", "y", UINT8)],
        {"kind": UINT8, "gives": UINT8},
        ("uint8", 255, 255),
    ),
    "floats to 255": (
        [
            helper.make_node("Sub", ["x", "low"], ["a"]),
            helper.make_node("Relu", ["a"], ["b"]),
            helper.make_node("Add", ["b", "low"], ["c"]),
            nearest("c", "y"),
        ],
        {},
        ("float32", 255, 255),
    ),
    "floats to 1 give 255": (
        [
            helper.make_node("Clip", ["x", "", "one"], ["a"]),
            helper.make_node("Mul", ["a", "white"], ["b"]),
            nearest("b", "y"),
        ],
        {},
        ("float32", 1, 255),
    ),
}
ONE = helper.make_node("Constant", [], ["one"], value=constant("", 1.0))


@pytest.mark.parametrize("name", MODELS)
def test_types_and_ranges_are_found(tmp_path, picture, name):
    nodes, kinds, (samples, white, white_made) = MODELS[name]
    path = written(tmp_path / "a.onnx", *([ONE, *nodes] if nodes else []), **kinds)
    network = load_model(path).network
    config = network.config
    assert (config.samples, config.white, config.white_made) == (samples, white, white_made)
    assert config.scale == 2
    picture = picture.clamp(0.1, 1)
    made = NetworkRunner(network, CPU, UpscaleOptions(tile=32))(picture, (90, 74))
    wanted = picture.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert (made - wanted).abs().max() <= (1e-3 if samples == "float16" else 1 / 255 + 1e-5)


def test_a_fixed_size_is_filled_in_tiles(tmp_path, picture):
    """The sides differ, and both are smaller than the picture's or larger."""
    for sides in ((40, 32), (48, 36), (64, 64)):
        path = written(tmp_path / "a.onnx", takes=[1, 3, *sides])
        network = load_model(path).network
        made = NetworkRunner(network, CPU, UpscaleOptions(pad_border=True))(picture, (90, 74))
        wanted = picture.repeat_interleave(2, 2).repeat_interleave(2, 3)
        assert torch.allclose(made, wanted, atol=1e-5)


def test_sides_are_made_multiples_where_they_must_be(tmp_path, picture):
    nodes = [
        helper.make_node("SpaceToDepth", ["x"], ["a"], blocksize=8),
        helper.make_node("DepthToSpace", ["a"], ["b"], blocksize=8),
        nearest("b", "y"),
    ]
    network = load_model(written(tmp_path / "a.onnx", *nodes)).network
    assert network.traits.size_multiple == 8
    made = NetworkRunner(network, CPU, UpscaleOptions())(picture, (90, 74))
    assert torch.allclose(made, picture.repeat_interleave(2, 2).repeat_interleave(2, 3), atol=1e-5)


@pytest.mark.parametrize("scale", [1, 2, 2.7])
def test_an_onnx_file_enlarges_by_any_factor_with_alpha(srcli, tmp_path, scale):
    written(tmp_path / "own.ONNX", takes=[1, 3, 64, 64])
    pixels = np.random.default_rng(0).integers(0, 256, (31, 23, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    done = srcli("upscale", "in.png", "--model", "own.ONNX", "--scale", scale, "-o", "out.png")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.png") as made:
        assert made.mode == "RGBA"
        assert made.size == (int(23 * scale + 0.5), int(31 * scale + 0.5))


def test_what_srcli_exports_is_what_srcli_runs(srcli, tmp_path, picture):
    network = Compact(num_feat=8, num_conv=2, upscale=3)
    torch.save(network.state_dict(), tmp_path / "own.pth")
    assert srcli("models", "export", "own.pth", "-o", "own.onnx").returncode == 0
    assert srcli("models", "verify", "own.onnx").stdout == "own.onnx  ok\n"
    before, after = (load_model(tmp_path / name).network for name in ("own.pth", "own.onnx"))
    size = 135, 111
    wanted, made = (
        NetworkRunner(one, CPU, UpscaleOptions())(picture, size) for one in (before, after)
    )
    assert (made - wanted).abs().max() < 1e-3


def test_an_export_for_one_ratio_is_refused_with_advice(srcli, photo, tmp_path):
    config = AsdnConfig(blocks=1, width=8, unshuffle=2)
    header = Header(network="asdn", config=config)
    save_model(tmp_path / "any.safetensors", asdn.build(config).state_dict(), header)
    exported = srcli("models", "export", "any.safetensors", "--ratio", 1.5, "-o", "any.onnx")
    assert exported.returncode == 0, exported.stderr
    done = srcli("upscale", photo, "--model", "any.onnx")
    said = " ".join(done.stderr.split())
    assert done.returncode == 4
    assert "any.onnx was exported for one ratio" in said
    assert "--model any.safetensors" in said


UNFIT = {
    "a factor that is not whole": (
        lambda path: written(path, scales=(1, 1, 1.5, 1.5)),
        "does not enlarge by a whole factor",
    ),
    "two factors": (
        lambda path: written(path, scales=(1, 1, 2, 3)),
        "does not enlarge by a whole factor",
    ),
    "grey pictures": (lambda path: written(path, takes=[1, 1, "h", "w"]), "takes 1 channels"),
    "channels last": (
        lambda path: written(path, takes=[1, "h", "w", 3]),
        "takes its channels last",
    ),
    "many at once": (lambda path: written(path, takes=[4, 3, "h", "w"]), "takes 4 pictures"),
    "no picture": (
        lambda path: written(path, helper.make_node("Identity", ["x"], ["y"]), takes=[3, 224]),
        "takes an array of 2 axes",
    ),
    "whole numbers": (
        lambda path: written(
            path, cast("x", "f", FLOAT), nearest("f", "y"), kind=TensorProto.INT64
        ),
        "takes tensor(int64)",
    ),
    "two inputs": (
        lambda path: written(
            path,
            helper.make_node("Mul", ["x", "strength"], ["a"]),
            nearest("a", "y"),
            inputs=[helper.make_tensor_value_info("strength", FLOAT, [1])],
        ),
        "takes x, strength, not one picture",
    ),
    "a label": (
        lambda path: written(path, helper.make_node("GlobalMaxPool", ["x"], ["y"])),
        "does not enlarge by a whole factor",
    ),
    "a tiny fixed size": (lambda path: written(path, takes=[1, 3, 8, 8]), "which is too small"),
}


@pytest.mark.parametrize("reason", UNFIT)
def test_what_is_no_model_for_pictures_is_refused_in_one_sentence(tmp_path, reason):
    make, sentence = UNFIT[reason]
    with pytest.raises(CorruptWeights, match=re.escape(sentence)):
        load_model(make(tmp_path / "a.onnx"))


@pytest.fixture
def outside(tmp_path, monkeypatch) -> TensorProto:
    """A tensor whose samples are in another file, where onnxruntime would find it."""
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(np.float32([1, 1, 2, 2]).tobytes())
    tensor = TensorProto(name="scales", data_type=FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    return tensor


def inside(model, tensor, place):
    """Put a tensor into one of the places that a model has for them."""
    node = helper.make_node("Constant", [], ["unused"], value=tensor)
    if place == "initializer":
        model.graph.initializer[0].CopyFrom(tensor)
    elif place == "attribute":
        model.graph.node.insert(0, node)
    elif place == "branch":
        info = helper.make_tensor_value_info("unused", FLOAT, [4])
        branch = helper.make_graph([node], "branch", [], [info])
        test = helper.make_node("Constant", [], ["test"], value=constant("", True, np.bool_))
        fork = helper.make_node("If", ["test"], ["fork"], then_branch=branch, else_branch=branch)
        model.graph.node.extend([test, fork])
    elif place == "function":
        opsets = [helper.make_opsetid("", 18)]
        function = helper.make_function("other", "Own", [], ["unused"], [node], opsets)
        model.functions.append(function)
        model.graph.node.append(helper.make_node("Own", [], ["spare"], domain="other"))


@pytest.mark.parametrize("place", ["initializer", "attribute", "branch", "function"])
def test_tensors_in_other_files_are_refused_and_not_read(tmp_path, outside, place):
    model = onnx.load_model_from_string(written(tmp_path / "a.onnx").read_bytes())
    inside(model, outside, place)
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(CorruptWeights, match="keeps tensors in other files"):
        load_model(tmp_path / "a.onnx")


def test_an_operator_of_another_library_is_refused(tmp_path):
    own = helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft")
    with pytest.raises(CorruptWeights, match=r"uses the operator com\.microsoft\.EPContext"):
        load_model(written(tmp_path / "a.onnx", own))


def test_an_operator_that_the_file_describes_is_refused(tmp_path):
    """ONNX Runtime could take one of its own for it that has the same name, and reads files."""
    opsets = [helper.make_opsetid("", 18)]
    inner = helper.make_node("Resize", ["a", "", "s"], ["b"], mode="nearest")
    function = helper.make_function(
        "com.microsoft", "EPContext", ["a", "s"], ["b"], [inner], opsets
    )
    own = helper.make_node("EPContext", ["x", "scales"], ["y"], domain="com.microsoft")
    with pytest.raises(CorruptWeights, match="which the standard does not have"):
        load_model(written(tmp_path / "a.onnx", own, functions=[function]))


@pytest.mark.parametrize(
    "content",
    [b"", b"onnx", b"<html>", b"version https://git-lfs.github.com/spec/v1\n", b"\x08\x09"],
)
def test_what_is_no_onnx_file_is_refused(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(CorruptWeights):
        load_model(tmp_path / "a.onnx")


def test_a_file_of_the_hub_may_be_onnx_and_a_missing_one_is_named(srcli, photo):
    done = srcli("upscale", photo, "--model", "nowhere.onnx")
    assert done.returncode == 2
    assert "There is no weights file nowhere.onnx" in done.stderr
    done = srcli("upscale", photo, "--model", "hf:owner/repo/a.onnx", "--offline")
    assert done.returncode == 4
    assert "is not on this machine" in done.stderr


@pytest.mark.parametrize("lost", ["onnx", "onnxruntime"])
def test_without_the_extra_it_is_named(srcli, photo, tmp_path, monkeypatch, lost):
    written(tmp_path / "a.onnx")
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == lost else real(name)
    )
    done = srcli("upscale", photo, "--model", "a.onnx")
    assert done.returncode == 2
    assert f"a.onnx needs {lost}, which is not installed" in " ".join(done.stderr.split())
    assert "srcli[onnx]" in done.stderr
    with pytest.raises(MissingExtra):
        load_model(tmp_path / "a.onnx")


def subgraph(name, *nodes, takes=(), gives=()):
    return helper.make_graph(list(nodes), name, list(takes), list(gives))


def endless(path):
    """A loop of as many rounds as a number can say."""
    kept = helper.make_tensor_value_info("kept", FLOAT, None)
    body = subgraph(
        "body",
        helper.make_node("Identity", ["again"], ["still"]),
        helper.make_node("Identity", ["before"], ["kept"]),
        takes=[
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("again", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", FLOAT, None),
        ],
        gives=[helper.make_tensor_value_info("still", TensorProto.BOOL, []), kept],
    )
    most = helper.make_node("Constant", [], ["most"], value=constant("", 2**62, np.int64))
    return written(
        path, most, helper.make_node("Loop", ["most", "", "x"], ["z"], body=body), nearest("z")
    )


def forked(path):
    branch = subgraph(
        "branch",
        helper.make_node("Identity", ["x"], ["same"]),
        gives=[helper.make_tensor_value_info("same", FLOAT, None)],
    )
    test = helper.make_node("Constant", [], ["test"], value=constant("", True, np.bool_))
    fork = helper.make_node("If", ["test"], ["z"], then_branch=branch, else_branch=branch)
    return written(path, test, fork, nearest("z"))


def whole(name, *values):
    return helper.make_node("Constant", [], [name], value=constant("", values, np.int64))


def filled(name, *sides):
    """A constant of a few bytes that stands for an array of any size."""
    return [
        whole(f"{name}-sides", *sides),
        helper.make_node("ConstantOfShape", [f"{name}-sides"], [name]),
    ]


def summed(name):
    return [
        helper.make_node("ReduceSum", [name], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["z"]),
        nearest("z"),
    ]


HUGE = 300_000
"""The side of a square of 360 GB."""
GIANTS = {
    "a constant": lambda: [*filled("big", HUGE, HUGE), *summed("big")],
    "an expanded number": lambda: [
        whole("sides", HUGE, HUGE),
        helper.make_node("Expand", ["low", "sides"], ["big"]),
        *summed("big"),
    ],
    "a tiled picture": lambda: [
        whole("times", 1, 1, 400, 400),
        helper.make_node("Tile", ["x", "times"], ["big"]),
        *summed("big"),
    ],
    "a picture doubled forty times": lambda: [
        *(
            helper.make_node("Concat", [f"x{n}" if n else "x"] * 2, [f"x{n + 1}"], axis=0)
            for n in range(40)
        ),
        *summed("x40"),
    ],
}


@pytest.mark.parametrize("name", GIANTS)
def test_a_small_file_that_asks_for_all_memory_is_refused_before_it_gets_it(tmp_path, name):
    with pytest.raises(CorruptWeights, match=r"a\.onnx takes more than 3 GB of memory"):
        load_model(written(tmp_path / "a.onnx", *GIANTS[name]()))


def test_a_small_file_that_asks_for_all_time_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_trial, "SECONDS", 4)
    products = [
        node
        for n in range(200)
        for node in (
            helper.make_node("Add", [f"big{n}", "sum0"], [f"moved{n}"]),
            helper.make_node("MatMul", [f"moved{n}", f"moved{n}"], [f"big{n + 1}"]),
        )
    ]
    start = helper.make_node("ReduceSum", ["x"], ["sum0"], keepdims=0)
    path = written(
        tmp_path / "a.onnx", *filled("big0", 5000, 5000), start, *products, *summed("big200")
    )
    with pytest.raises(CorruptWeights, match="takes more than 4 seconds for a small picture"):
        load_model(path)


def test_loops_and_branches_are_refused_unseen(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_session, "open_session", pytest.fail)
    for make, name in ((endless, "Loop"), (forked, "If")):
        with pytest.raises(CorruptWeights, match=rf"has loops or branches \({name}\)"):
            load_model(make(tmp_path / "a.onnx"))


def test_a_network_that_draws_random_numbers_is_refused(tmp_path):
    nodes = [helper.make_node("RandomNormalLike", ["x"], ["z"]), nearest("z")]
    with pytest.raises(CorruptWeights, match=r"draws random numbers \(RandomNormalLike\)"):
        load_model(written(tmp_path / "a.onnx", *nodes))


def test_nothing_beside_the_pictures_is_run(tmp_path, monkeypatch):
    """The trial is another process, which would import what lies in its folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("onnxruntime.py", "numpy.py", "json.py"):
        Path(name).write_text("raise SystemExit('imported')\n")
    assert load_model(written(tmp_path / "a.onnx")).network.traits.scale == 2


def test_the_parameters_of_a_file_are_counted(srcli, tmp_path):
    network = Compact(num_feat=8, num_conv=1, upscale=2)
    torch.save(network.state_dict(), tmp_path / "a.pth")
    expected = sum(one.numel() for one in network.parameters())
    weights = [constant(name, one) for name, one in network.state_dict().items()]
    model = onnx.load_model_from_string(written(tmp_path / "a.onnx").read_bytes())
    model.graph.initializer.extend(weights)
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    done = srcli("models", "show", "a.onnx")
    assert re.search(rf"parameters +\| +{expected:,} ", done.stdout), done.stdout
