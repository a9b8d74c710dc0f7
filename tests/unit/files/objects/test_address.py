import pickle
from pathlib import Path

import pytest

from srcli.errors import UsageError
from srcli.files.objects.address import (
    ObjectPath,
    full_name,
    identity,
    located,
    location_of,
    refuse_objects,
)


def test_an_address_has_the_parts_of_a_path():
    path = ObjectPath("s3://bucket/in/a.tar.png")
    assert (path.scheme, path.bucket, path.key) == ("s3", "bucket", "in/a.tar.png")
    assert (path.stem, path.suffix, str(path.parent)) == ("a.tar", ".png", "s3://bucket/in")
    assert (str(path.top), str(path / "b")) == ("s3://bucket", "s3://bucket/in/a.tar.png/b")
    assert pickle.loads(pickle.dumps(path)) == path  # noqa: S301 - our own


@pytest.mark.parametrize("given", ["s3:/bucket/a.png", "s4://b/a.png", "/s3://b", "photos/a.png"])
def test_anything_else_is_a_path(given):
    assert isinstance(located(given), Path)


def test_names_of_both_kinds():
    assert full_name(located("gs://b/a.png")) == identity(located("gs://b/a.png")) == "gs://b/a.png"
    assert full_name(Path("a.png")) == str(Path.cwd() / "a.png")
    assert location_of("az://c/in", "a.png") == located("az://c/in/a.png")
    assert location_of("in", "a.png") == Path("in/a.png")
    assert str(ObjectPath("s3://")) == "s3://"


def test_where_files_alone_can_be_named_addresses_are_refused():
    refuse_objects("a.png", "b.png")
    with pytest.raises(UsageError, match="not objects in buckets"):
        refuse_objects("a.png", "s3://bucket/b.png")
