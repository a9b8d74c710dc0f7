"""What the program of the trial answers; ``tests/integration/test_onnx.py`` starts it."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from srcli.errors import CorruptWeights
from srcli.weights.formats.onnx_trial import refuse
from srcli.weights.formats.onnx_trial_process import attempt

SIDES = [(5, 3), (8, 8)]


def model(*nodes, takes=(1, 3, "h", "w"), kind=TensorProto.FLOAT, constants=()):
    graph = helper.make_graph(
        list(nodes) or [helper.make_node("Identity", ["x"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", kind, takes)],
        [helper.make_tensor_value_info("y", kind, None)],
        initializer=[numpy_helper.from_array(value, name) for name, value in constants],
    )
    opsets = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


def tried(content):
    return attempt(content, threads=1, sides=SIDES)


@pytest.mark.parametrize(
    "content",
    [
        model(),
        model(takes=(1, 3, 7, "w")),
        model(kind=TensorProto.UINT8),
        model(takes=(3, 224)),
        model(kind=TensorProto.INT64),
    ],
)
def test_what_runs_or_is_no_network_for_pictures_is_let_by(content):
    assert tried(content) == ("", "")


def test_the_first_size_that_a_network_takes_counts():
    """Even sides alone can be put into squares of two."""
    even = helper.make_node("SpaceToDepth", ["x"], ["y"], blocksize=2)
    assert tried(model(even)) == ("", "")
    assert attempt(model(even), threads=1, sides=SIDES[:1])[0] == "run"


def test_what_fails_is_told_with_its_stage():
    assert tried(b"onnx")[0] == "open"
    added = helper.make_node("Add", ["x", "odd"], ["y"])
    stage, said = tried(model(added, constants=[("odd", np.zeros((1, 3, 1000, 999), np.float32))]))
    assert stage == "run"
    assert "Add" in said
    with pytest.raises(CorruptWeights, match=r"cannot run a\.onnx") as caught:
        refuse("a.onnx", stage, said)
    assert caught.value.hint.startswith("ONNX Runtime says: ")
