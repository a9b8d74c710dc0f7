"""Enlarge pictures that are to be compared: one with several models, or a small one plainly."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from srcli.bench.cost import kmacs_per_pixel
from srcli.compare.comparison import LabelledImage
from srcli.compare.enlargement import Enlargement
from srcli.engine.device import AUTO_PRECISION, choose_compute
from srcli.engine.interpolation import KERNELS
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.progress import SilentProgress
from srcli.engine.recursion import Pass
from srcli.images.decode import decode_photo
from srcli.images.picture.alpha import treat_hidden
from srcli.images.picture.photo import Photo
from srcli.images.probe import ImageInfo, probe_image, read_content
from srcli.pipeline.enlarge import enlarge_photo
from srcli.pipeline.loaded_models import LoadedModels, ModelLoader
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.run import Pipeline, named_failures
from srcli.pipeline.sizes import SizeRequest
from srcli.pipeline.target_size import TargetSize
from srcli.weights.catalog.included import find_card
from srcli.weights.catalog.published import find_source
from srcli.weights.providers.store import is_file_name

BICUBIC = "bicubic"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsRequest:
    """One picture, and the models that enlarge it.

    Attributes:
        picture: the file.
        models: ids, weights files, ``auto``, or kernels of plain interpolation.
        size: the size of the results.
        device: auto, cpu, cuda, cuda:1 or mps.
        offline: do not fetch a model.

    """

    picture: Path
    models: tuple[str, ...]
    size: SizeRequest
    device: str = "auto"
    offline: bool = False

    @property
    def page(self) -> Path:
        """The page that is written where none is named, beside the picture."""
        return self.picture.with_name(f"{self.picture.stem}_compare_{self.size.label()}.html")


def enlarge_with_models(
    request: ModelsRequest, on_model: Callable[[str], None] = lambda _: None
) -> list[LabelledImage]:
    """Enlarge a picture with bicubic interpolation, and then with each model.

    Args:
        request: what to enlarge; of an animation, the first frame.
        on_model: told of each model before it runs.

    Raises:
        UsageError: there is no such device.
        WeightsError: a model cannot be used.
        ImageError: the picture cannot be read.
        OutOfMemory: a result does not fit into memory.

    """
    name = str(request.picture)
    content, _ = read_content(request.picture)
    info = probe_image(content, name=name)
    target = request.size.resolve(*info.size)
    pipelines = {
        model: _pipeline(model, target, device=request.device, offline=request.offline)
        for model in dict.fromkeys((BICUBIC, *request.models))
    }
    for pipeline in pipelines.values():
        pipeline.probe(content, name=name, info=info).check_memory(whole=True)
    photo = decode_photo(content, name=name)
    images = []
    with named_failures(name):
        for model, pipeline in pipelines.items():
            on_model(model)
            images.append(_enlarged(model, pipeline, photo, target, info))
    return images


def enlarge_bicubically(image: LabelledImage, size: tuple[int, int]) -> LabelledImage:
    """Enlarge a picture to a (height, width) as ``srcli upscale --model bicubic`` does."""
    ratio = max(after / before for before, after in zip(image.size, size, strict=True))
    target = TargetSize(height=size[0], width=size[1], ratio=ratio)
    pipeline = _pipeline(BICUBIC, target)
    return replace(_enlarged(BICUBIC, pipeline, image.photo, target, None), name=image.name)


def _pipeline(
    model: str, target: TargetSize, *, device: str = "cpu", offline: bool = True
) -> Pipeline:
    compute = choose_compute(device, AUTO_PRECISION)
    loader = ModelLoader(compute, UpscaleOptions(pad_border=True), offline=offline)
    models = loader.load(model, target.ratio)
    return Pipeline(OutputSpec(resolve=lambda *_: target), models)


def _enlarged(
    model: str, pipeline: Pipeline, photo: Photo, target: TargetSize, info: ImageInfo | None
) -> LabelledImage:
    """Enlarge a photo, and say how; ``info`` is what the head of its file said."""
    choice = pipeline.choose(photo, target, info)
    chosen = pipeline.models.chosen(choice)
    before = photo.height, photo.width
    passes = chosen.runner.plan_passes(before, (target.height, target.width), target.ratio)
    plain = model in KERNELS
    kmacs = 0.0 if plain else _kmacs(chosen.runner, target.ratio)
    began = time.monotonic()
    ready = treat_hidden(photo, pipeline.spec.hidden, pipeline.spec.borders)
    result = enlarge_photo(ready, target, chosen.runner, choice, SilentProgress())
    enlargement = Enlargement(
        source_size=before,
        models=model if plain else chosen.describe(passes),
        plain=plain,
        choice=choice.summary if choice.reason else "",
        licence=_licences(chosen, passes, target.ratio),
        kmacs=kmacs,
        seconds=time.monotonic() - began,
    )
    return LabelledImage(name=model, photo=result, enlargement=enlargement)


def _kmacs(runner: NetworkRunner, ratio: float) -> float:
    """Count without the padding of the borders, which is a large part of a small picture."""
    network, *others = runner.networks
    bare = NetworkRunner(network, runner.compute, UpscaleOptions(), others=others)
    return kmacs_per_pixel(
        lambda low, size, scale: bare(low, size, ratio=scale), ratio, local=bare.is_local
    )


def _licences(models: LoadedModels, passes: Sequence[Pass], ratio: float) -> str:
    """Return the licences of the models that run, once each; empty if one is not known."""
    names = dict.fromkeys(models.names[one.network] for one in passes if one.has_network)
    licences = [licence for name in names for licence in _licences_of(name, ratio)]
    return ", ".join(dict.fromkeys(licences)) if all(licences) else ""


def _licences_of(model: str, ratio: float) -> list[str]:
    """Return the licence of a model, or those of both models of a mix."""
    if model in KERNELS or is_file_name(model):
        return [""]
    known = (find_source(part, ratio) or find_card(part, ratio) for part in model.split("+"))
    return [one.licence for one in known]
