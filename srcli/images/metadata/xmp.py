"""XMP packets changed where they stand: sizes, places, and what tells of data left behind.

Source: ISO 16684-1 (XMP); the namespaces are those of their makers' specifications. An element or
an attribute is found by its namespace, and taken out or given a value without touching the rest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NOTE = "http://ns.adobe.com/xmp/note/"
_ATTRIBUTE = re.compile(rb"""\s+([^\s=<>/"']+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_END = re.compile(rb"""(?:"[^"]*"|'[^']*'|[^"'>])*>""")
_MOST_DESCRIBED = 1000
"""Descriptions in a packet beyond which it is no work of a program for photos."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class NotPlain(Exception):
    """A packet is not well-formed XML in UTF-8, or declares a document type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """An element or an attribute of a packet.

    Attributes:
        space: its namespace.
        name: its name in it.
        start: where it begins, for an attribute with the white space before it.
        end: where it ends.
        inside: where its value begins and ends; of an element, what is between its tags.
        depth: how many elements it lies in.
        spaces: the namespaces in use, by prefix.

    """

    space: str
    name: str
    start: int
    end: int
    inside: tuple[int, int]
    depth: int
    is_element: bool
    spaces: dict[bytes, bytes]


class _Walk:
    """Notes the properties of a packet as a parser meets them."""

    def __init__(self, packet: bytes) -> None:
        self.found: list[Property] = []
        self._packet = packet
        self._scopes: list[dict[bytes, bytes]] = [{b"xml": b"http://www.w3.org/XML/1998/namespace"}]
        self._open: list[tuple[str, int, int]] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def run(self) -> list[Property]:
        """Parse.

        Raises:
            NotPlain: see there.

        """
        try:
            self._parser.Parse(self._packet, True)  # noqa: FBT003 - the only way to say it
        except (expat.ExpatError, UnicodeError) as error:
            raise NotPlain from error
        return self.found

    def _refuse(self, *_: object) -> None:
        raise NotPlain

    def _start(self, name: str, _: object) -> None:
        start = self._parser.CurrentByteIndex
        matched = _TAG_END.match(self._packet, start)
        if matched is None:
            raise NotPlain
        end = matched.end()
        attributes = [*_ATTRIBUTE.finditer(self._packet, start, end)]
        declared = {
            one[1].removeprefix(b"xmlns").removeprefix(b":"): one[2][1:-1]
            for one in attributes
            if one[1].startswith(b"xmlns")
        }
        scope = self._scopes[-1] | declared if declared else self._scopes[-1]
        self._scopes.append(scope)
        depth = len(self._open)
        for one in attributes:
            place = (one.start(2) + 1, one.end(2) - 1)
            self._note(one[1].decode(), (one.start(), one.end()), place, depth + 1, element=False)
        self._open.append((name, start, end))

    def _end(self, _: str) -> None:
        name, start, inside = self._open.pop()
        at = self._parser.CurrentByteIndex
        if self._packet[inside - 2 : inside] == b"/>":
            span, content = (start, inside), (inside, inside)
        else:
            span, content = (start, self._packet.index(b">", at) + 1), (inside, at)
        self._note(name, span, content, len(self._open), element=True)
        self._scopes.pop()

    def _note(
        self,
        name: str,
        span: tuple[int, int],
        inside: tuple[int, int],
        depth: int,
        *,
        element: bool,
    ) -> None:
        prefix, _, local = name.rpartition(":")
        scope = self._scopes[-1]
        self.found.append(
            Property(
                space=scope.get(prefix.encode(), b"").decode(),
                name=local,
                start=span[0],
                end=span[1],
                inside=inside,
                depth=depth,
                is_element=element,
                spaces=scope,
            )
        )


def plain(packet: bytes) -> bytes:
    """Return a packet in UTF-8 without padding of zeros.

    Raises:
        NotPlain: it is in no encoding that XMP allows.

    """
    if packet.startswith(_UTF16) or b"\0" in packet.rstrip(b"\0"):
        guess = (
            "utf-16"
            if packet.startswith(_UTF16)
            else "utf-16-le"
            if packet[1:2] == b"\0"
            else "utf-16-be"
        )
        try:
            text = packet.decode(guess)
        except UnicodeError as error:
            raise NotPlain from error
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff")).encode()
    return packet.rstrip(b"\0")


def properties(packet: bytes) -> list[Property]:
    """Return all properties of a packet in UTF-8.

    Raises:
        NotPlain: see there.

    """
    return _Walk(packet).run()


def edited(packet: bytes, change: Callable[[Property, bytes], bytes | None]) -> bytes:
    """Return a packet whose values are what ``change`` makes of them; None takes them out.

    Elements of RDF itself are left alone, but what they hold is not.

    Raises:
        NotPlain: see there.

    """
    packet = plain(packet)
    edits = []
    for one in properties(packet):
        value = packet[slice(*one.inside)]
        if one.space in {RDF, ""}:
            continue
        wanted = change(one, value)
        if wanted is None:
            edits.append((one.start, one.end, b""))
        elif wanted != value:
            edits.append((*one.inside, wanted))
    return replaced(packet, edits)


def replaced(packet: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return bytes with pieces replaced; what lies within another piece is left out."""
    pieces, at = [], 0
    for start, end, piece in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= at:
            pieces += [packet[at:start], piece]
            at = end
    return b"".join([*pieces, packet[at:]])


def extension(packet: bytes) -> bytes:
    """Return the name of the extended packet that a packet announces; empty if none."""
    try:
        found = [one for one in properties(plain(packet)) if one.name == "HasExtendedXMP"]
    except NotPlain:
        return b""
    return plain(packet)[slice(*found[0].inside)].strip() if found else b""


def without_extension(packet: bytes) -> bytes:
    """Return a packet that announces no extended one."""
    return edited(packet, lambda one, value: None if one.name == "HasExtendedXMP" else value)


def merged(packet: bytes, extended: bytes) -> bytes:
    """Return one packet that says what two say.

    Raises:
        NotPlain: one of them is not well-formed.

    """
    packet, extended = without_extension(packet), plain(extended)
    roots = [one for one in properties(packet) if (one.space, one.name) == (RDF, "RDF")]
    described = [
        one for one in properties(extended) if (one.space, one.name) == (RDF, "Description")
    ]
    if not roots or roots[0].inside[0] == roots[0].end or len(described) > _MOST_DESCRIBED:
        raise NotPlain
    least = min((one.depth for one in described), default=0)
    pieces = [_standing_alone(extended, one) for one in described if one.depth == least]
    at = roots[0].inside[1]
    return packet[:at] + b"".join(pieces) + packet[at:]


def split(packet: bytes) -> tuple[bytes, bytes]:
    """Return a short packet that announces a long one, and the name it announces it by."""
    guid = hashlib.md5(packet, usedforsecurity=False).hexdigest().upper().encode()
    short = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"><rdf:Description '
        b'rdf:about="" xmlns:xmpNote="%s" xmpNote:HasExtendedXMP="%s"/></rdf:RDF></x:xmpmeta>'
    )
    return short % (RDF.encode(), NOTE.encode(), guid), guid


def _standing_alone(packet: bytes, one: Property) -> bytes:
    """Return an element with the namespaces declared that it takes from those around it."""
    element = packet[one.start : one.end]
    head = element[: element.index(b">")]
    used = (
        (prefix, space)
        for prefix, space in one.spaces.items()
        if prefix not in {b"", b"xml"} and prefix + b":" in element
    )
    declared = b"".join(
        b' xmlns:%s="%s"' % named for named in used if b"xmlns:%s=" % named[0] not in head
    )
    name = re.match(rb"<[^\s/>]+", element)
    at = name.end() if name else 0
    return element[:at] + declared + element[at:]
