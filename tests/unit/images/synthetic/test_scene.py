import pytest
import torch

from srcli.images.synthetic.scene import Box, Polygon, RoundBox, Scene, Stroke, Text

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (200, 0, 0)


def scene(*marks) -> Scene:
    return Scene(height=24, width=32, background=WHITE, marks=marks)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_boxes_between_pixels_have_sharp_edges_at_whole_factors(factor):
    picture = scene(Box(left=4, top=3, right=9, bottom=4, color=RED)).render(
        24 * factor, 32 * factor
    )
    expected = torch.full((3, 24 * factor, 32 * factor), 255, dtype=torch.uint8)
    expected[:, 3 * factor : 4 * factor, 4 * factor : 9 * factor] = torch.tensor(RED)[:, None, None]
    assert torch.equal(picture, expected)


def test_a_box_across_pixels_gives_each_its_share():
    picture = scene(Box(left=4.25, top=2, right=6.5, bottom=3, color=BLACK)).render(24, 32)
    assert picture[0, 2, 3:8].tolist() == [255, 64, 0, 128, 255]


MARKS = {
    "round": RoundBox(left=6, top=5, right=20, bottom=17, radius=20, color=BLACK),
    "polygon": Polygon(points=((3, 20), (14, 2), (28, 18)), color=BLACK),
    "stroke": Stroke(points=((2, 4), (15, 20), (30, 6)), width=2, color=BLACK),
    "text": Text(left=2, top=4, text="Ag8", size=14, color=BLACK),
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_what_is_drawn_small_is_what_is_drawn_large_and_reduced(mark):
    drawn = scene(mark)
    small = drawn.render(24, 32).float()
    large = drawn.render(96, 128).float()
    reduced = torch.nn.functional.avg_pool2d(large, 4)
    moved = [small.roll(step, axis) for step in (-1, 1) for axis in (1, 2)]
    off_by_one = min((small - other).abs().mean() for other in moved)
    assert small.min() < 60
    assert (small - reduced).abs().mean() < 0.25 * off_by_one


def test_marks_beyond_the_border_and_of_no_size_are_cut_off():
    outside = Box(left=-9, top=-9, right=-1, bottom=-1, color=BLACK)
    flat = RoundBox(left=4, top=4, right=4, bottom=4, radius=2, color=BLACK)
    across = Text(left=28, top=20, text="long text", size=9, color=BLACK)
    assert torch.equal(scene(outside).render(24, 32), scene().render(24, 32))
    assert scene(flat, across).render(24, 32).shape == (3, 24, 32)
