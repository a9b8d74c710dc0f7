import pytest

from srcli.errors import AlreadyExists, MissingImage, UnreadableImage
from srcli.files.content import Content
from srcli.files.objects import client
from srcli.files.objects.address import ObjectPath
from srcli.files.objects.client import list_objects, look_at, put_object, read_object
from srcli.files.objects.listing import find_objects


def test_a_put_only_creates_and_knows_its_own(bucket, tmp_path):
    path = ObjectPath(f"s3://{bucket.name}/out/a.png")
    put_object(path, Content(b"same", tmp_path), {"settings": "x"}, overwrite=False)
    put_object(path, Content(b"same"), {}, overwrite=False)  # as if its first answer was lost
    with pytest.raises(AlreadyExists):
        put_object(path, Content(b"other"), {}, overwrite=False)
    seen = look_at(path)
    assert seen is not None
    assert (seen.size, seen.notes["settings"]) == (4, "x")
    put_object(path, Content(b"other"), {}, overwrite=True)
    content, after = read_object(path)
    assert (content, after.version != seen.version) == (b"other", True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there(bucket):
    path = ObjectPath(f"s3://{bucket.name}/none.png")
    assert look_at(path) is None
    with pytest.raises(MissingImage, match=r"none\.png does not exist\."):
        read_object(path)


def test_a_listing_comes_in_pages_and_goes_on_after_a_key(bucket, monkeypatch):
    keys = [f"in/{number}.png" for number in range(5)]
    for key in keys:
        bucket.put(key, b"x")
    monkeypatch.setattr(client, "PAGE", 2)
    folder = ObjectPath(f"s3://{bucket.name}/in")
    assert [key for key, _ in list_objects(folder)] == keys
    assert [key for key, _ in list_objects(folder, after=keys[2])] == keys[3:]


def test_a_key_that_leads_elsewhere_is_refused(bucket):
    bucket.put("in/../../etc/passwd.png", b"x")
    with pytest.raises(UnreadableImage, match=r"the key in/\.\./\.\./etc/passwd\.png is no path"):
        list(find_objects(ObjectPath(f"s3://{bucket.name}/in")))


def test_too_large_for_one_put(bucket, monkeypatch):
    monkeypatch.setattr(client, "LARGEST", 3)
    with pytest.raises(Exception, match="5 GiB"):
        put_object(ObjectPath(f"s3://{bucket.name}/a"), Content(b"four"), {}, overwrite=False)
