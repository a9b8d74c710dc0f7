"""Keep hashes of results, so that two commits can be compared.

    python benchmarks/result_hashes.py DATA OUT.json [--tree DIR]
    python benchmarks/result_hashes.py --compare OLD.json NEW.json [--ignore message,hint]

The first form enlarges the pictures of DATA with the code in DIR, which is by default the
repository that holds this script. It writes one JSON file with an entry for each result.
The second form prints what differs between two such files, and exits with 1 if anything does.
The first takes about five minutes of one core.

DATA holds the folders ``odd``, ``badinput``, ``cases`` and ``bench/Set5``; one that is missing is
reported and left out. These runs are made:

* ``srcli upscale`` once for each line of ``SETTINGS``, in one process for all pictures.
* ``srcli upscale - -o -`` for the pictures in ``DOORS``, in one process for each.
* ``srcli.Upscaler`` for the pictures in ``DOORS``, as paths and as Pillow images.
* ``srcli.Upscaler`` with every model of ``srcli models list`` for squares of 48x48 pixels from
  the middle of each picture of Set5, as float32. A model whose weights are not shipped gives the
  error of that.

A picture of more than 300,000 pixels in all frames is not enlarged. It is reduced to 256 pixels
on the long side, which takes the same way but for the network.

An entry holds ``samples`` (hash of the decoded samples), ``file`` (hash of all bytes) and what the
command told of the picture; or the class, the sentences and the exit code of the failure. Names
of temporary folders and seconds are left out, and the pictures keep their names. Compare files
from one machine only: another processor or PyTorch may round otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.metadata
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageSequence

Entry = dict[str, object]
Entries = dict[str, Entry]

LARGEST = 300_000
SMALL = 20_000
CROP = 48
FOLDERS = ("odd", "badinput", "cases")
NO_PICTURES = {"", ".tsv", ".toml", ".txt"}
VOLATILE = ("schema", "source", "output", "seconds", "network_seconds")
MODULES = ("numpy", "cv2", "PIL", "torch")
DOORS = (
    "odd/animated.gif",
    "odd/cmyk.jpg",
    "odd/exif_orientation6_icc.jpg",
    "odd/gray_float32.tif",
    "odd/la_soft_alpha.png",
    "odd/palette_partial_trns.png",
    "odd/rgb16.png",
    "odd/rgba_soft_alpha.png",
    "odd/truncated.jpg",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One run of the command: its flags, and the pictures that it is given.

    Attributes:
        name: begins the keys of its entries.
        flags: of ``srcli upscale``, separated by blanks.
        folders: of DATA.
        above: fewer pixels in all frames leave a picture out.
        most: more pixels in all frames leave a picture out.

    """

    name: str
    flags: str
    folders: tuple[str, ...] = ("odd", "cases")
    above: int = -1
    most: int = LARGEST


SETTINGS = (
    Setting(name="default", flags="--scale 1.5", folders=FOLDERS),
    Setting(
        name="reduced", flags="--long-side 256", folders=FOLDERS, above=LARGEST, most=sys.maxsize
    ),
    Setting(name="fast", flags="--scale 2.7 --model asdn-fast", folders=FOLDERS, most=SMALL),
    Setting(name="damaged", flags="--model bicubic --allow-damaged", folders=FOLDERS),
    Setting(name="restored", flags="--scale 1 --model asdn-photo", most=SMALL),
    Setting(name="ensemble", flags="--scale 1.5x2.7 --model asdn-fast --ensemble", most=SMALL),
    Setting(name="wrapped", flags="--model asdn-fast --wrap xy --guard", most=SMALL),
    Setting(name="tiles", flags="--model san-light --tile 32", most=SMALL),
    Setting(name="png", flags="--model bicubic -f png --depth 16"),
    Setting(name="jpg", flags="--model bicubic -f jpg --background #ff8800"),
    Setting(name="webp", flags="--model bicubic -f webp --quality 90"),
    Setting(name="avif", flags="--model bicubic -f avif"),
    Setting(name="jxl", flags="--model bicubic -f jxl"),
    Setting(name="tiff", flags="--model lanczos -f tiff --alpha keep"),
    Setting(name="bmp", flags="--model nearest -f bmp --strip-metadata"),
    Setting(name="gif", flags="--model bicubic -f gif --strip-gps"),
)


def digest(content: bytes) -> str:
    """Return the beginning of the SHA-256 of ``content``, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()[:32]


def pixels_of(path: Path) -> int:
    """Return the pixels of a picture in all frames, or 0 if Pillow cannot open it."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            return image.width * image.height * getattr(image, "n_frames", 1)
    except Exception:  # noqa: BLE001 - damaged files are a part of the test
        return 0


def samples_of(content: bytes) -> str | None:
    """Return a hash of the samples that Pillow and OpenCV decode, or None if neither does.

    Pillow shows every frame but reads many files at 8 bits; OpenCV reads all bits of one frame.
    """
    found = hashlib.sha256()
    kinds = 0
    with suppress(Exception), warnings.catch_warnings(action="ignore"):
        with Image.open(io.BytesIO(content)) as image:
            for frame in ImageSequence.Iterator(image):
                shown = frame.convert("RGBA") if frame.mode in {"P", "PA"} else frame
                duration = frame.info.get("duration")
                found.update(f"{shown.mode} {shown.size} {duration}".encode() + shown.tobytes())
        kinds += 1
    with suppress(cv2.error):
        deep = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        if deep is not None:
            found.update(f"{deep.dtype} {deep.shape}".encode() + deep.tobytes())
            kinds += 1
    return found.hexdigest()[:32] if kinds else None


class Tree:
    """The code that is measured, run in processes of its own in a temporary folder."""

    def __init__(self, tree: Path, folder: Path) -> None:
        taken = ("SRCLI_", "HF_", "XDG_", "PYTHON")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
        homes = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HF_HOME")
        self.environment = {
            **kept,
            **{name: str(folder / "home" / name) for name in homes},
            "PYTHONPATH": str(tree.resolve()),
            "OMP_NUM_THREADS": "1",
        }
        self.folder = folder

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run Python with these arguments."""
        return subprocess.run(  # noqa: S603 - this interpreter
            (sys.executable, *arguments),
            input=given,
            capture_output=True,
            env=self.environment,
            cwd=self.folder,
            check=False,
        )


def staged(data: Path, folder: Path) -> dict[str, Path]:
    """Copy the pictures of ``data`` into one folder; return their copies by their names in it.

    A copy is called after the whole name, so that no two results have one name.
    """
    copies: dict[str, Path] = {}
    (folder / "pictures").mkdir()
    for top in FOLDERS:
        for path in sorted((data / top).rglob("*")):
            if path.is_file() and path.suffix not in NO_PICTURES and "LICENSES" not in path.parts:
                name = path.relative_to(data).as_posix()
                copies[name] = Path("pictures", name.replace("/", "--") + path.suffix)
                shutil.copyfile(path, folder / copies[name])
    return copies


def entry(event: Mapping[str, object], folder: Path) -> Entry:
    """Return what is kept of an event, with the hashes of the result if there is one."""
    kept = {name: value for name, value in event.items() if name not in VOLATILE}
    if event["event"] == "done":
        content = (folder / str(event["output"])).read_bytes()
        kept |= {"file": digest(content), "samples": samples_of(content)}
    return kept


def run_setting(setting: Setting, copies: Mapping[str, Path], tree: Tree) -> Entries:
    """Enlarge the pictures of a setting; return an entry for each, and one for the run."""
    chosen = {
        str(copy): name
        for name, copy in copies.items()
        if name.startswith(tuple(f"{folder}/" for folder in setting.folders))
        and setting.above < pixels_of(tree.folder / copy) <= setting.most
    }
    if not chosen:
        return {}
    (tree.folder / "list.txt").write_text("\n".join(chosen), encoding="utf-8")
    fixed = ("--from-file", "list.txt", "-o", "results", "--name", "{stem}")
    flags = ("--json", "--offline", *setting.flags.split())
    ran = tree.run("-m", "srcli", "upscale", *fixed, *flags)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    told = [event for event in events if event["event"] in {"done", "failed", "skipped"}]
    entries = {
        f"{setting.name}/{chosen[event['source']]}": entry(event, tree.folder) for event in told
    }
    shutil.rmtree(tree.folder / "results", ignore_errors=True)
    summary: Entry = {"exit_code": ran.returncode, "pictures": len(chosen), "told": len(told)}
    if len(told) < len(chosen):
        summary["message"] = ran.stderr.decode(errors="replace")
    return {**entries, setting.name: summary}


def run_pipes(copies: Mapping[str, Path], tree: Tree) -> Iterator[tuple[str, Entry]]:
    """Send pictures through the command as a pipe."""
    for name in filter(copies.__contains__, DOORS):
        content = (tree.folder / copies[name]).read_bytes()
        pipe = ("upscale", "-", "-o", "-", "--scale", "1.5", "--offline", "--quiet")
        ran = tree.run("-m", "srcli", *pipe, given=content)
        told: Entry = {"exit_code": ran.returncode, "message": ran.stderr.decode(errors="replace")}
        if ran.stdout:
            told |= {"file": digest(ran.stdout), "samples": samples_of(ran.stdout)}
        yield f"pipe/{name}", told


def squares(set5: Path, folder: Path) -> dict[str, str]:
    """Save the middle of each picture of Set5; return the files by the names of the pictures."""
    folder.mkdir()
    saved: dict[str, str] = {}
    for path in sorted(set5.glob("*.png")):
        with Image.open(path) as image:
            left, top = (image.width - CROP) // 2, (image.height - CROP) // 2
            image.convert("RGB").crop((left, top, left + CROP, top + CROP)).save(folder / path.name)
        saved[path.stem] = str(folder / path.name)
    return saved


def run_library(data: Path, copies: Mapping[str, Path], tree: Tree) -> Entries:
    """Enlarge files, Pillow images and arrays by ``srcli.Upscaler``, in a process of its own."""
    listed = tree.run("-m", "srcli", "models", "list", "--json").stdout.splitlines()
    request = {
        "models": [(one["id"], one["scale"]) for one in map(json.loads, listed)],
        "files": {name: str(copies[name]) for name in DOORS if name in copies},
        "squares": squares(data / "bench/Set5", tree.folder / "squares"),
    }
    script = str(Path(__file__).resolve().with_name("library_hashes.py"))
    ran = tree.run(script, given=json.dumps(request).encode())
    if ran.returncode:
        sys.exit(ran.stderr.decode(errors="replace"))
    entries: Entries = json.loads(ran.stdout)
    return entries


def measured(data: Path, tree: Path, settings: tuple[Setting, ...] = SETTINGS) -> Entries:
    """Make all runs, and say on standard error how far they came."""
    known = importlib.metadata.packages_distributions()
    names = [known[module][0] for module in MODULES]
    entries: Entries = {"packages": {name: importlib.metadata.version(name) for name in names}}
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    with suppress(ImportError):
        importlib.import_module("pillow_jxl")  # Pillow decodes JPEG XL from then on

    def add(name: str, more: Entries) -> None:
        entries.update(more)
        used = os.times()
        seconds = used.user + used.system + used.children_user + used.children_system
        print(f"{seconds:6.1f} CPU s: {name}, {len(more)} entries", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        code = Tree(tree, Path(temporary))
        copies = staged(data, code.folder)
        large = sum(pixels_of(code.folder / copy) > LARGEST for copy in copies.values())
        print(f"{len(copies)} pictures, {large} of them reduced", file=sys.stderr)
        for missing in (one for one in (*FOLDERS, "bench/Set5") if not (data / one).is_dir()):
            print(f"{data / missing} is missing", file=sys.stderr)
        for setting in settings:
            add(setting.name, run_setting(setting, copies, code))
        add("pipe", dict(run_pipes(copies, code)))
        add("library", run_library(data, copies, code))
    return entries


def differences(old: Entries, new: Entries, ignored: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the field and a line of text for everything that differs."""
    for key in sorted(old.keys() | new.keys()):
        if key not in old or key not in new:
            yield "presence", f"{key}: only in the {'old' if key in old else 'new'} file"
            continue
        for field in sorted((old[key].keys() | new[key].keys()) - ignored):
            before, after = old[key].get(field), new[key].get(field)
            if before != after:
                yield field, f"{key}: {field}: {before!r} -> {after!r}"


def compare(old: Path, new: Path, ignored: frozenset[str]) -> int:
    """Print what differs, and how often; return 1 if anything does, else 0."""
    kept: tuple[Entries, ...] = tuple(
        json.loads(path.read_text(encoding="utf-8")) for path in (old, new)
    )
    found = list(differences(*kept, ignored))
    for _, line in found:
        print(line)
    counts = Counter(field for field, _ in found)
    told = ", ".join(f"{field} {count}" for field, count in counts.most_common())
    print(f"{len(kept[1])} entries; " + (f"differences: {told}" if found else "no differences"))
    return int(bool(found))


def main() -> None:
    parser = argparse.ArgumentParser(description="hashes of results, to compare two commits")
    parser.add_argument("paths", type=Path, nargs="*", help="DATA and OUT.json")
    parser.add_argument("--tree", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("OLD", "NEW"))
    parser.add_argument("--ignore", default="", help="fields that may differ, by commas")
    options = parser.parse_args()
    if options.compare:
        sys.exit(compare(*options.compare, frozenset(options.ignore.split(","))))
    elif len(options.paths) == 2:  # noqa: PLR2004 - both are needed
        if not (options.tree / "srcli").is_dir():
            parser.error(f"{options.tree} holds no srcli")
        data, out = options.paths
        entries = measured(data, options.tree)
        text = json.dumps(entries, indent=1, sort_keys=True, ensure_ascii=False)
        out.write_text(text + "\n", encoding="utf-8")
    else:
        parser.error("give DATA and OUT.json, or --compare OLD.json NEW.json")


if __name__ == "__main__":
    main()
