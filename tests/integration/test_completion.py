import os
import subprocess
import sys

import pytest

from srcli.bench.datasets import SIZES
from srcli.cli.completion import datasets, instead_of_models
from srcli.engine.interpolation import KERNELS
from srcli.pipeline.choose import AUTO
from srcli.weights.catalog.included import read_catalog

IDS = [card.id for card in read_catalog()]


def offered(*words: str) -> list[str]:
    """What bash would show for the last of the words."""
    environment = {
        **os.environ,
        "_SRCLI_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("srcli", *words)),
        "COMP_CWORD": str(len(words)),
    }
    code = (
        "import sys\n"
        "sys.argv = ['srcli']\n"
        "from srcli.cli.app import app\n"
        "try: app(prog_name='srcli')\n"
        "except SystemExit: assert 'torch' not in sys.modules"  # nobody waits for it at a tab
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("command", [("upscale", "--model"), ("models", "show")])
def test_models_and_families_are_offered(command):
    found = offered(*command, "san-l")
    assert found == ["san-light", *(name for name in IDS if name.startswith("san-light-"))]


def test_values_that_are_few_are_offered():
    assert offered("upscale", "--precision", "b") == ["bfloat16"]
    assert offered("upscale", "--device", "c") == ["cpu", "cuda"]
    assert offered("upscale", "--format", "t") == ["tiff"]


def test_data_sets_are_offered_one_after_the_other():
    assert offered("bench", "--dataset", "Set") == ["Set5", "Set14"]
    assert offered("bench", "--dataset", "Set5,Set") == ["Set5,Set14"]
    assert offered("models", "measure", "--dataset", "Ur") == ["Urban100"]


def test_every_known_data_set_is_offered():
    assert datasets("") == list(SIZES)


def test_every_word_that_stands_in_place_of_a_model_is_offered():
    assert set(instead_of_models("")) == {AUTO, *KERNELS}
