"""How much a server takes from those who send it pictures."""

from __future__ import annotations

from dataclasses import dataclass

from srcli.images.read_rules import ReadRules

MEGA = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that is accepted.

    Attributes:
        file_bytes: of one picture that is sent.
        pixels: of one picture that is sent, all frames counted.
        result_pixels: of one result, all frames counted.
        jobs: that the server knows at once, finished ones included.
        stored_bytes: of all pictures and results together, on the disk.
        keep_seconds: how long a job is kept that nothing happens to.
        uploads: that may arrive at once.
        streams: of events that may be open at once.
        idle_seconds: how long the sender of a picture or a request may be silent.
        grace_seconds: that any upload may take, beside one second for ``slowest_bytes``.
        slowest_bytes: a second, on average, of an upload.

    """

    file_bytes: int = 100 * MEGA
    pixels: int = 100 * MEGA
    result_pixels: int = 400 * MEGA
    jobs: int = 200
    stored_bytes: int = 8_000 * MEGA
    keep_seconds: float = 3600.0
    uploads: int = 16
    streams: int = 64
    idle_seconds: float = 15.0
    grace_seconds: float = 30.0
    slowest_bytes: int = 50_000

    @property
    def rules(self) -> ReadRules:
        """What is read of pictures that are sent."""
        return ReadRules(pixel_limit=self.pixels)
