"""Put srcli into the menus of file managers, and its manual page where ``man`` looks."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal
from xml.parsers.expat import ExpatError

from srcli.errors import AlreadyExists
from srcli.files.atomic import write_file

Place = Literal["nautilus", "dolphin", "finder", "man"]
MARK = "Written by `srcli integrate"
TITLE = "Enlarge with srcli"
KEY = "SrcliIntegrate"
"""Key of the property lists that srcli wrote."""
PROGRAM_MODE = 0o755
PICTURES = (
    "avif",
    "bmp",
    "gif",
    "heic",
    "heif",
    "jpeg",
    "jxl",
    "png",
    "tiff",
    "webp",
    "x-adobe-dng",
)
"""The sub-types of ``image/`` that the menu is for."""


def integrate(place: Place, *, manual: Callable[[], str]) -> list[Path]:
    """Write the files of a place, which replace older ones of srcli, and return their paths.

    ``manual`` makes the manual page, and is called for that place alone.

    Raises:
        AlreadyExists: somebody else wrote a file of that name.

    """
    contents = _contents(place, manual)
    for path in contents:
        _refuse_foreign(path)
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content, overwrite=True)
        if place in {"nautilus", "dolphin"}:  # both run or trust executable files alone
            path.chmod(PROGRAM_MODE)
    return list(contents)


def disintegrate(place: Place) -> list[Path]:
    """Remove what ``integrate`` wrote for a place, and return the paths that were there.

    Raises:
        AlreadyExists: somebody else wrote a file of that name.

    """
    there = [path for path in _contents(place, str) if path.is_file()]
    for path in there:
        _refuse_foreign(path)
    for path in there:
        path.unlink()
    if place == "finder" and there:
        for folder in (there[0].parent, there[0].parent.parent):
            if not any(folder.iterdir()):
                folder.rmdir()
    return there


def _contents(place: Place, manual: Callable[[], str]) -> Mapping[Path, bytes]:
    """Return the files of a place."""
    if place == "nautilus":
        return {_data_home() / "nautilus/scripts" / TITLE: _script().encode()}
    if place == "dolphin":
        return {_data_home() / "kio/servicemenus/srcli.desktop": _service_menu().encode()}
    if place == "man":
        comment = f'.\\" {MARK} man`.\n'
        return {_data_home() / "man/man1/srcli.1": f"{comment}{manual()}".encode()}
    folder = Path.home() / "Library/Services" / f"{TITLE}.workflow/Contents"
    return {folder / "Info.plist": _service(), folder / "document.wflow": _workflow()}


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")


def _refuse_foreign(path: Path) -> None:
    if path.exists() and not _is_ours(path):
        msg = f"{path} exists already, and srcli did not write it."
        raise AlreadyExists(msg, hint="Move it away first.")


def _is_ours(path: Path) -> bool:
    content = path.read_bytes()
    if MARK.encode() in content:
        return True
    try:
        return KEY in plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError):
        return False


def _program() -> Sequence[str]:
    """Return the words that run this very installation, wherever they are run from."""
    beside = shutil.which("srcli", path=str(Path(sys.executable).parent))
    return [beside] if beside else [sys.executable, "-m", "srcli"]


def _script() -> str:
    return "\n".join(
        [
            "#!/bin/sh",
            f"# {MARK} nautilus`, which takes it away again with --remove.",
            f'{shlex.join(_program())} upscale -- "$@"',
            "code=$?",
            'if [ "$code" -eq 0 ]; then said="The pictures were enlarged."',
            'else said="Some pictures were not enlarged."; fi',
            "if command -v notify-send >/dev/null 2>&1; then",
            '  notify-send -i zoom-in srcli "$said"',
            "fi",
            'exit "$code"',
            "",
        ]
    )


def _service_menu() -> str:
    types = "".join(f"image/{name};" for name in PICTURES)
    return "\n".join(
        [
            "[Desktop Entry]",
            f"# {MARK} dolphin`, which takes it away again with --remove.",
            "Type=Service",
            "X-KDE-ServiceTypes=KonqPopupMenu/Plugin",
            f"MimeType={types}",
            "Actions=enlarge;",
            "",
            "[Desktop Action enlarge]",
            f"Name={TITLE}",
            "Icon=zoom-in",
            f"Exec={' '.join(map(_desktop_word, _program()))} upscale -- %F",
            "",
        ]
    )


def _desktop_word(word: str) -> str:
    """Quote a word for the key ``Exec``, whose value is unescaped twice."""
    for mark in ("\\", '"', "`", "$"):
        word = word.replace(mark, f"\\{mark}")
    quoted = f'"{word}"'.replace("\\", "\\\\")
    return quoted.replace("%", "%%")


def _service() -> bytes:
    service = {
        "NSMenuItem": {"default": TITLE},
        "NSMessage": "runWorkflowAsService",
        "NSRequiredContext": {"NSApplicationIdentifier": "com.apple.finder"},
        "NSSendFileTypes": ["public.image"],
    }
    return plistlib.dumps({KEY: True, "NSServices": [service]})


def _workflow() -> bytes:
    """Return a workflow of one action, a shell script that gets the pictures as arguments."""
    action = {
        "ActionBundlePath": "/System/Library/Automator/Run Shell Script.action",
        "ActionName": "Run Shell Script",
        "ActionParameters": {
            "COMMAND_STRING": f'{shlex.join(_program())} upscale -- "$@"',
            "CheckedForUserDefaultShell": True,
            "inputMethod": 1,
            "shell": "/bin/sh",
            "source": "",
        },
        "AMAccepts": {"Container": "List", "Optional": True, "Types": ["com.apple.cocoa.path"]},
        "AMProvides": {"Container": "List", "Types": ["com.apple.cocoa.string"]},
        "BundleIdentifier": "com.apple.RunShellScript",
        "CFBundleVersion": "2.0.3",
        "Class Name": "RunShellScriptAction",
    }
    return plistlib.dumps(
        {
            KEY: True,
            "AMApplicationVersion": "2.10",
            "AMDocumentVersion": "2",
            "actions": [{"action": action}],
            "connectors": {},
            "workflowMetaData": {
                "serviceInputTypeIdentifier": "com.apple.Automator.fileSystemObject.image",
                "serviceOutputTypeIdentifier": "com.apple.Automator.nothing",
                "workflowTypeIdentifier": "com.apple.Automator.servicesMenu",
            },
        }
    )
