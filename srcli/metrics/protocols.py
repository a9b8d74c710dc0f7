"""The protocols by which papers measure, by the letters that the command line takes.

``docs/protocols.md`` derives each, and shows what it makes of the same results.
"""

from __future__ import annotations

from collections.abc import Mapping

from srcli.metrics.protocol import PUBLISHED, ROUNDED_LUMA, Protocol

SELFEXSR = Protocol(
    name="selfexsr",
    description="as 'rounded-luma', but a grey file's samples are its luma, and resizing repeats "
    "the last samples beyond the border",
    round_luma=True,
    keep_gray=True,
    border="replicate",
)
"""The protocol of the tables in SelfExSR's README, whose bicubic rows ASDN prints."""

SRCNN = Protocol(
    name="srcnn",
    description="8-bit luma takes the place of the picture, LR is not rounded and SR is, and "
    "a grey file's samples are its luma",
    round_luma=True,
    keep_gray=True,
    luma_first=True,
    round_lr=False,
)
"""The protocol of SRCNN and A+, whose bicubic rows most papers print at x2, x3 and x4."""

LAPSRN = Protocol(
    name="lapsrn",
    description="as 'published', but LR is not rounded, a grey file's samples are its luma, and "
    "SSIM is measured at the border too",
    round_luma=False,
    keep_gray=True,
    round_lr=False,
    ssim_at_border=True,
)
"""The protocol of LapSRN, whose bicubic rows most papers print at x8."""

WHOLE = Protocol(
    name="whole",
    description="as 'rounded-luma', but HR keeps what lies beyond a multiple of the scale, so that "
    "the factors of both axes are a little larger",
    round_luma=True,
    whole_hr=True,
)
"""One way to compare at factors that are not whole, near ASDN's Table 2."""

PROTOCOLS: Mapping[str, Protocol] = {
    "A": PUBLISHED,
    "A8": ROUNDED_LUMA,
    "B": SRCNN,
    "L": LAPSRN,
    "S": SELFEXSR,
    "W": WHOLE,
}
