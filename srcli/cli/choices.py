"""The values of options of which there are few; a test compares them with what is understood.

They are written here once more, since the modules that understand them load PyTorch.
"""

from __future__ import annotations

from typing import Literal

Precision = Literal["float32", "bfloat16", "float16"]
PrecisionOrAuto = Literal["auto", "float32", "bfloat16", "float16"]
WhenLarge = Literal["skip", "copy", "shrink"]
HiddenColors = Literal["bleed", "keep"]
Wrap = Literal["x", "y", "xy"]
Depth = Literal[8, 16]
Report = Literal["table", "md", "csv", "json", "latex", "html"]
Protocol = Literal["A", "A8", "B", "L", "S", "W"]
Published = Literal["light", "all"]
Purpose = Literal["clean", "photo", "drawing", "jpeg", "noise"]
Network = Literal[
    "asdn",
    "carn",
    "cirn",
    "csnln",
    "dbpn",
    "edsr",
    "fsdn",
    "imdn",
    "lapsrn",
    "liif",
    "metasr",
    "panet",
    "panetir",
    "rdn",
    "rlfn",
    "san",
    "srcnn",
    "vdsr",
]
Ablation = Literal[
    "asdn-recursion",
    "asdn-phases",
    "asdn-attention",
    "csnln-branches",
    "csnln-fusion",
    "csnln-patches",
    "san-parts",
    "cirn-isab",
]
TableForm = Literal["table", "md"]
Loss = Literal["l1", "l2"]
Optimizer = Literal["muon", "adam"]
Schedule = Literal["cosine", "step"]
Degradation = Literal[
    "bicubic",
    "photo",
    "wild",
    "noisy",
    "blurred",
    "sharpened",
    "compressed",
    "jpeg",
    "noise",
    "mosaic",
]
ExportFormat = Literal["onnx"]
Place = Literal["nautilus", "dolphin", "finder", "man"]
Engine = Literal["local", "ray"]
