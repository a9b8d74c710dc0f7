import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from srcli.pipeline.sizes import SizeRequest
from srcli.serve.desk import Desk
from srcli.serve.job import Job
from srcli.serve.limits import Limits
from srcli.serve.maker import Maker
from srcli.serve.spool import Spool
from srcli.serve.wanted import Wanted

TWICE = SizeRequest(scale=(2.0, 2.0))


def content(height: int = 30, width: int = 40, kind: str = "PNG") -> bytes:
    rows, columns = np.mgrid[0:height, 0:width]
    samples = np.stack([rows * 5, columns * 4, rows + columns], -1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, kind)
    return file.getvalue()


@pytest.fixture
def maker() -> Maker:
    return Maker(Limits(), "cpu")


@pytest.fixture
def desk(maker) -> Iterator[Desk]:
    desk = Desk(maker.limits, maker)
    yield desk
    desk.close()


@pytest.fixture
def hand_in(desk) -> Iterator[Callable[..., Job]]:
    taken: list[Job] = []

    def take(name: str = "a.png", *, of: str = "", model: str = "", height: int = 30) -> Job:
        data = content(height)
        look = desk.maker.look(data, name=name)
        job = desk.take_in(Spool(data), look, name=name, of=of)
        taken.append(job)
        if model:
            desk.start(job, Wanted(size=TWICE, model=model))
        return job

    yield take
    for job in taken:
        job.source.drop()
