import asyncio
import io
import json
import zipfile

from srcli.serve import stream
from srcli.serve.job import made_of
from srcli.serve.stream import archive, job_events


def finish(desk, job):
    assert desk.next_for("any") is job
    made = made_of(desk.maker.make(job.source.content(), job.wanted, name=job.name, progress=job))
    desk.ended(job, made)
    return made


def parsed(text: str) -> list[tuple[str, object]]:
    events = [part.split("\n") for part in text.split("\n\n") if part.startswith("event")]
    return [(name[7:], json.loads(data[6:])) for name, data in events]


def test_every_change_is_told_until_the_end(desk, hand_in):
    job = hand_in()
    told = []

    async def follow():
        async for text in job_events(lambda: desk.of_list("a" * 16), lambda: desk.is_closed):
            told.extend(parsed(text))
            if told[-1][0] == "all":
                job.list = "a" * 16
            elif told[-1] == ("removed", {"id": job.id}):
                desk.stop()
            else:
                desk.remove(job)

    asyncio.run(follow())
    assert [name for name, _ in told] == ["all", "job", "removed"]
    assert told[0][1] == []
    assert told[1][1]["state"] == "held"


def test_a_silent_stream_says_that_it_lives(monkeypatch):
    monkeypatch.setattr(stream, "SILENCE", -1.0)

    async def first_two() -> list[str]:
        events = job_events(list, lambda: True)
        return [text async for text in events]

    assert asyncio.run(first_two()) == ["event: all\ndata: []\n\n", ": alive\n\n"]


def test_an_archive_holds_all_results_under_distinct_names(desk, hand_in):
    jobs = [hand_in("a.png", model="bicubic"), hand_in("a.png", model="bicubic"), hand_in()]
    made = [finish(desk, job) for job in jobs[:2]]
    content = b"".join(archive(jobs))
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist() == ["a_x2.png", "a_x2 (2).png"]
        assert zipped.read("a_x2.png") == made[0].file.content()
