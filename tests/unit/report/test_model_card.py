from srcli.report.model_card import render_card, render_index
from srcli.weights.catalog.included import find_card


def test_a_card_has_its_facts_scores_and_usage() -> None:
    card = find_card("san-light-x2")
    lines = render_card(card).splitlines()
    assert lines[:5] == ["# san-light-x2", "", "| fact | value |", "| --- | --- |", lines[4]]
    assert lines[4] == "| network | san, preset light |"
    assert "| data set | scale | PSNR-Y, dB | SSIM-Y |" in lines
    first = card.scores[0]
    assert f"| {first.dataset} | x2 | {first.psnr_y:.2f} | {first.ssim_y:.4f} |" in lines
    assert f"Measured with `{card.bench_command}`." in lines
    assert lines[-2] == "srcli upscale photo.jpg --model san-light-x2 --scale 2"


def test_a_front_page_has_the_licence_only_if_there_is_one() -> None:
    page = render_index("me/mine", ["one.md"], licence="MIT")
    assert page.startswith("---\nlicense: mit\nlibrary_name: srcli\n")
    assert "- [one](one.md)" in page
    assert "license" not in render_index("me/mine", [], licence="")
