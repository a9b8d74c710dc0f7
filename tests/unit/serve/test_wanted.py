import pytest

from srcli.errors import UnknownFormat, UnknownModel
from srcli.pipeline.sizes import SizeRequest
from srcli.serve.wanted import Wanted, find_offer, offers

TWICE = SizeRequest(scale=(2.0, 2.0))


def test_the_models_on_this_machine_are_offered():
    known = {one.id: one for one in offers()}
    assert next(iter(known)) == "auto"
    assert known["san-light"].scales == (2, 3, 4)
    assert known["asdn-fast"].scales == ()
    assert all(one.good_for.endswith(".") for one in known.values())
    assert "rcan-x4" not in known
    assert known["csnln-light"].kmacs > known["auto"].kmacs > known["bicubic"].kmacs


@pytest.mark.parametrize(
    "model", ["/etc/passwd", "../x.safetensors", "hf:owner/repo/file.safetensors", "rcan-x4", ""]
)
def test_no_path_address_or_model_to_fetch_is_taken(model):
    with pytest.raises(UnknownModel, match="to choose here"):
        find_offer(model)


def test_a_format_is_one_that_is_written():
    assert Wanted(size=TWICE).output() is None
    assert Wanted(size=TWICE, format="webp").output().name == "WEBP"
    with pytest.raises(UnknownFormat):
        Wanted(size=TWICE, format="svg").output()
