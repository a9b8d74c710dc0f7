import json
import re
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from srcli.cli import events

DOCUMENT = Path(__file__).parents[2] / "docs/events.md"


def documented() -> dict[str, set[str]]:
    """Fields of every event in the tables of the document."""
    fields: dict[str, set[str]] = {}
    event = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        row = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(row) == 3 and re.search("`", row[1]):
            event = row[0].strip("`") or event
            fields.setdefault(event, set()).update(re.findall(r"`(\w+)`", row[1]))
    return fields


def told(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_events_have_exactly_the_fields_of_the_document(srcli, tmp_path, monkeypatch):
    monkeypatch.setattr(events, "INTERVAL", 0.0)  # even tiny pictures tell of their progress
    monkeypatch.setattr(events, "SILENCE", 0.001)  # and of life
    levels = np.random.default_rng(0).integers(0, 256, (24, 30, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(levels).save(tmp_path / "in/a.png")
    Image.fromarray(levels[:9, :9]).save(tmp_path / "in/b.png")
    (tmp_path / "in/c.png").write_text("no picture")
    options = ("in", "-o", "out", "--json", "--scale", "2", "--overwrite")
    first = srcli("upscale", *options)
    second = srcli("upscale", *options)
    plan = srcli("upscale", *options, "--dry-run")
    compared = srcli("compare", "in/a.png", "in/a.png", "--json")
    models = srcli("models", "list", "--community", "--json")
    doctor = srcli("doctor", "--json")
    runs = (first, second, plan, compared, models, doctor)
    lines = [line for run in runs for line in told(run)]
    fields = documented()
    for event in lines:
        assert event.pop("schema") == 1
        assert set(event) - {"event"} == fields[event["event"]]
    assert {event["event"] for event in lines} == set(fields)
    assert first.stderr == second.stderr == plan.stderr == ""
    assert first.returncode == second.returncode == plan.returncode == 3


def test_the_summary_adds_up(srcli, photo, tmp_path):
    (tmp_path / "c.png").write_text("no picture")
    done = srcli("upscale", photo, "c.png", "-o", "out", "--json")
    kinds = [event["event"] for event in told(done)]
    assert kinds.count("done") == kinds.count("failed") == 1
    summary = told(done)[-1]
    assert (summary["found"], summary["done"], summary["failed"]) == (2, 1, 1)
    assert summary["not_reached"] == summary["skipped"] == 0
    assert summary["megapixels"] == 46 * 62 / 1e6


def test_a_pipe_that_fails_tells_so_in_events(python, tmp_path):
    done = subprocess.run(
        [python, "-m", "srcli", "upscale", "-", "-o", "out.png", "--json"],
        input=b"no picture",
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == b""
    start, failed, summary = (json.loads(line) for line in done.stdout.splitlines())
    assert (start["event"], failed["event"], summary["event"]) == ("start", "failed", "summary")
    assert "not a picture" in failed["message"]
    assert (summary["found"], summary["failed"]) == (1, 1)


def test_a_restorer_is_not_suspected_of_changing_pictures(srcli, tmp_path):
    levels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    picture = Image.fromarray(levels).resize((40, 40), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "old.jpg", quality=30)
    done = srcli("upscale", "old.jpg", "--model", "panet-jpeg", "-s", "1", "-o", "o.png", "--json")
    (event,) = [event for event in told(done) if event["event"] == "done"]
    assert (event["consistency_db"], event["sound"], done.stderr) == (None, None, "")
