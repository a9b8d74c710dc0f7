"""XMP is changed where it stands, and tells of nothing that is not there."""

from __future__ import annotations

import pytest

from srcli.images.metadata import xmp
from srcli.images.metadata.gps import xmp_without_gps
from srcli.images.metadata.xmp_rules import describing_the_picture, with_size

SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "xmpNote": xmp.NOTE,
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "darktable": "http://darktable.sf.net/",
    "dji": "http://www.dji.com/drone-dji/1.0/",
}
DECLARED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())


def packet(attributes: str = "", elements: str = "") -> bytes:
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}">'
        f'<rdf:Description rdf:about="" {DECLARED} dc:source="Köln"{attributes}>{elements}'
        f'</rdf:Description></rdf:RDF></x:xmpmeta>  <?xpacket end="w"?>'
    ).encode()


@pytest.mark.parametrize(
    "name",
    [
        "hdrgm:Version",
        "GCamera:MotionPhoto",
        "GCamera:MicroVideoOffset",
        "GCamera:MotionPhotoPresentationTimestampUs",
        "crs:HasCrop",
        "crs:CropTop",
        "crs:RetouchInfo",
        "crs:GradientBasedCorrections",
        "darktable:history",
        "tiff:BitsPerSample",
        "Container:Directory",
    ],
)
def test_what_tells_of_something_else_is_taken_out_in_either_form(name):
    for given in (
        packet(f' {name}="1"'),
        packet(f" {name} = '1'"),
        packet("", f"<{name}>1</{name}>"),
        packet("", f"<{name}/>"),
        packet("", f"<{name}><rdf:Seq><rdf:li a='>'>1</rdf:li></rdf:Seq></{name}>"),
    ):
        assert describing_the_picture(given, turned=False) == packet()


@pytest.mark.parametrize("name", ["dc:title", "crs:Version", "GCamera:BurstID", "tiff:Make"])
def test_everything_else_stays_byte_for_byte(name):
    for given in (packet(f' {name}="ß &amp; 1"'), packet("", f"<{name}>1</{name}>")):
        assert describing_the_picture(given, turned=False) == given
        assert with_size(given, (2, 3), (4, 9)) == given


def test_the_name_of_a_prefix_makes_no_difference():
    given = packet().replace(b"xmlns:hdrgm", b"xmlns:other")
    with_map = given.replace(b"dc:source", b'other:Version="1.0" dc:source')
    assert describing_the_picture(with_map, turned=False) == given


def test_sizes_follow_the_picture():
    given = packet(
        ' tiff:ImageWidth="64" tiff:ImageLength="48" exif:PixelXDimension="7"',
        "<exif:PixelYDimension>48</exif:PixelYDimension>",
    )
    expected = packet(
        ' tiff:ImageWidth="173" tiff:ImageLength="130" exif:PixelXDimension="173"',
        "<exif:PixelYDimension>130</exif:PixelYDimension>",
    )
    assert with_size(given, (48, 64), (130, 173)) == expected


def test_a_panorama_never_becomes_smaller_than_its_part():
    names = ("FullPanoWidthPixels", "CroppedAreaLeftPixels", "CroppedAreaImageWidthPixels")
    given = packet(
        "".join(f' GPano:{name}="{n}"' for name, n in zip(names, (9, 3, 6), strict=True))
    )
    sized = with_size(given, (6, 6), (9, 9))
    found = [int(sized.split(name.encode() + b'="')[1].split(b'"')[0]) for name in names]
    assert found == [14, 5, 9]


def test_numbers_that_are_none_are_taken_out():
    assert with_size(packet(' GPano:FullPanoWidthPixels="wide"'), (2, 2), (4, 4)) == packet()


def test_regions_apply_to_the_new_size_or_go_with_the_turn():
    regions = (
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="{}"'
        ' stDim:h="{}" stDim:unit="pixel"/></mwg-rs:Regions>'
    )
    given = packet("", regions.format(40, 30))
    assert with_size(given, (30, 40), (60, 80)) == packet("", regions.format(80, 60))
    assert describing_the_picture(given, turned=True) == packet()
    turned = packet(' tiff:Orientation="6" GPano:FullPanoWidthPixels="9"')
    upright = packet(' tiff:Orientation="1"')
    assert describing_the_picture(turned, turned=True) == upright


@pytest.mark.parametrize(
    "name", ["exif:GPSLatitude", "dji:GpsLatitude", "dji:Latitude", "photoshop:City"]
)
def test_places_are_taken_out(name):
    assert xmp_without_gps(packet(f' {name}="48,51N"')) == packet()


def test_an_extended_packet_becomes_part_of_the_first():
    first = packet(' xmpNote:HasExtendedXMP="ABC"')
    extended = packet("", "<dc:title>long</dc:title>").replace(b"dc:source", b"dc:relation")
    assert xmp.extension(first) == b"ABC"
    merged = xmp.merged(first, extended)
    assert xmp.extension(merged) == b""
    values = [one for one in xmp.properties(merged) if one.space == SPACES["dc"]]
    assert sorted(one.name for one in values) == ["relation", "source", "title"]


def test_namespaces_declared_further_out_come_along():
    extended = packet().replace(DECLARED.encode(), b"")
    extended = extended.replace(b"<rdf:RDF ", b"<rdf:RDF " + DECLARED.encode() + b" ")
    merged = xmp.merged(packet(), extended)
    assert [one.name for one in xmp.properties(merged) if one.space == SPACES["dc"]] == [
        "source"
    ] * 2


def test_a_long_packet_is_announced_by_a_short_one():
    short, guid = xmp.split(packet())
    assert xmp.extension(short) == guid
    assert len(guid) == 32
    assert "Köln".encode() in xmp.merged(short, packet())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_packets_in_utf_16_become_utf_8(encoding):
    given = packet(' hdrgm:Version="1.0"').decode().encode(encoding)
    assert describing_the_picture(given, turned=False) == packet()


@pytest.mark.parametrize(
    "broken",
    [
        b"<not",
        b"",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"\xff\xfe\x00",
        packet().replace(b"</rdf:RDF>", b""),
    ],
)
def test_what_is_not_well_formed_is_left_alone(broken):
    assert describing_the_picture(broken, turned=True) == broken
    assert with_size(broken, (1, 1), (2, 2)) == broken
    with pytest.raises(xmp.NotPlain):
        xmp.merged(packet(), broken)
    with pytest.raises(xmp.NotPlain):
        xmp.merged(broken, packet())


def test_a_packet_without_room_takes_no_other():
    with pytest.raises(xmp.NotPlain):
        xmp.merged(b'<rdf:RDF xmlns:rdf="%s"/>' % xmp.RDF.encode(), packet())
