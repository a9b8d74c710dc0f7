"""Results of earlier runs among the objects of a bucket."""

from __future__ import annotations

import pytest

from srcli.batch.earlier_objects import earlier_objects
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job
from srcli.batch.object_notes import record_folder
from srcli.files.content import Content
from srcli.files.objects.address import ObjectPath
from srcli.files.objects.client import put_object
from srcli.images.discover import find_sources
from srcli.images.found import InputFile
from tests.unit.batch.test_manifest_objects import make

TEMPLATES = ("{stem}_{scale}",)
NOTES = {"settings": "a" * 64, "source": f"5-7-{'b' * 64}"}


@pytest.fixture
def top(bucket) -> ObjectPath:
    for key in ("a.png", "b.png", "a_x2.png", "c_x2.png"):
        bucket.put(key, b"picture")
    return ObjectPath(f"s3://{bucket.name}")


def found(top: ObjectPath, folder: ObjectPath | None) -> set[str]:
    sources = find_sources([f"{top}/"])
    return {path.name for path in earlier_objects(sources, folder, templates=TEMPLATES)}


def test_an_object_that_is_named_as_a_result_but_says_nothing_is_a_picture(top):
    assert found(top, top) == set()


def test_a_result_beside_its_picture_says_so_itself(top):
    for name in ("a_x2.png", "c_x2.png"):
        put_object(top / name, Content(b"result"), NOTES, overwrite=True)
    assert found(top, None) == {"a_x2.png"}  # there is no c.png that the other could be of


def test_a_result_with_any_name_is_known_by_the_record(top, bucket):
    job = Job(
        source=InputFile(path=top / "b.png", relative=(top / "b.png").key),
        output=top / "any name.png",
    )
    with Manifest(record_folder(top), {"scale": 2}, overwrite=False) as manifest:
        manifest.claim(job)
        make(manifest, job)
    assert found(top, top) == {"any name.png"}
    assert found(top, top / "elsewhere") == set()
    bucket.put("any name.png", b"replaced by somebody")
    assert found(top, top) == set()
