"""Results of earlier runs that lie among the objects that this one is to enlarge."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from srcli.batch.database import NAME, read
from srcli.batch.entries import all_entries
from srcli.batch.ledger import Entry
from srcli.batch.naming import template_pattern
from srcli.batch.object_notes import noted_result, record_folder
from srcli.errors import ForeignManifest
from srcli.files.objects.address import Location, ObjectPath, location_of
from srcli.images.found import FoundFiles, split_name


def earlier_objects(
    sources: FoundFiles, folder: Location | None, *, templates: Sequence[str]
) -> Iterator[Location]:
    """Yield which of the objects are results of earlier runs, and are as they were made.

    These are what the record of ``folder``, where the results of this run go, knows; and what
    has the name of a result of another of the objects, and says itself that it was made.

    Args:
        sources: objects that were found.
        folder: where the results of this run go; None if not below one folder.
        templates: of the names that results may have.

    Raises:
        UnreadableImage: their store does not tell.
        UnwritableFile: the record cannot be opened.
        DataError: it is of a later version.

    """
    recorded = _recorded(sources, folder)
    named = _named_as_results(sources, templates)
    for (place, _), name in sources.named():
        address, path = f"{place}/{name}", location_of(place, name)
        entry = recorded.get(address)
        made = entry is not None and entry.describes(path)
        if made or (address in named and noted_result(path)):
            yield path


def _recorded(sources: FoundFiles, folder: Location | None) -> dict[str, Entry]:
    if not isinstance(folder, ObjectPath):
        return {}
    above = str(folder)
    if not any(f"{place}/".startswith(f"{above}/") for place, _ in sources.places):
        return {}
    with suppress(ForeignManifest):  # whoever opens it to write says so
        found = read(record_folder(folder) / NAME, all_entries) or {}
        return {os.fsdecode(key): entry for key, entry in found.items()}
    return {}


def _named_as_results(sources: FoundFiles, templates: Sequence[str]) -> Collection[str]:
    """Return the addresses of which the name is that of a result of another object."""
    patterns = [pattern for template in templates if (pattern := template_pattern(template))]
    suspects: dict[str, set[str]] = {}
    for (place, _), name in sources.named():
        matches = (pattern.fullmatch(split_name(name)[0]) for pattern in patterns)
        originals = {f"{place}/{match['stem']}" for match in matches if match}
        if originals:
            suspects[f"{place}/{name}"] = originals
    wanted = set().union(*suspects.values())
    there = {
        stem
        for (place, _), name in sources.named()
        if (stem := f"{place}/{split_name(name)[0]}") in wanted
    }
    return {name for name, originals in suspects.items() if originals & there}
