"""Jobs: enqueued with the change, done by workers, surviving their death."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from xinglin.platform import job_list, jobs
from xinglin.platform.database import Database, DatabaseError

done: list[Any] = []
failures: list[Exception] = []


@jobs.task("tests.note")
async def note(word: str) -> None:
    """Notes a word, or fails if told to."""
    if failures:
        raise failures.pop()
    done.append(word)


@jobs.task("tests.slow")
async def slow() -> None:
    """Takes its time."""
    done.append("begun")
    await asyncio.sleep(0.5)
    done.append("ended")


async def told(word: str) -> None:
    done.append(f"{word} was given up")


@jobs.task("tests.hopeless", attempts=1, given_up=told)
async def hopeless(word: str) -> None:
    """Fails for good, with a text that quotes what it was given."""
    raise ValueError(f"not {word}")


@jobs.task("tests.tick", cron="* * * * * *")
async def tick(timestamp: int) -> None:
    """Every second."""
    done.append(timestamp)


@pytest.fixture(autouse=True)
async def nothing_done(database: Database) -> None:
    done.clear()
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs")


async def statuses(database: Database, name: str = "tests.note") -> list[str]:
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT status FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", (name,)
        )
        return [row[0] for row in await cursor.fetchall()]


async def work_until(database: Database, condition: Any, seconds: float = 10, **options: Any) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(jobs.run(database.conninfo, stop, **options))
    try:
        for _ in range(int(seconds / 0.02)):
            if condition() or running.done():
                break
            await asyncio.sleep(0.02)
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)
    assert condition()


async def test_a_job_goes_with_the_change(database: Database) -> None:
    async with database.transaction() as connection:
        assert await jobs.enqueue(connection, note, word="报告")
    with pytest.raises(RuntimeError):
        async with database.transaction() as connection:
            await jobs.enqueue(connection, note, word="never")
            raise RuntimeError
    await work_until(database, lambda: "报告" in done)
    assert "never" not in done
    assert await statuses(database) == []  # what succeeded is not kept


async def test_a_failure_is_tried_again(database: Database) -> None:
    failures.append(ValueError("not now"))
    async with database.transaction() as connection:
        await jobs.enqueue(connection, note, word="again")
    await work_until(database, lambda: "again" in done)


async def test_each_failure_waits_twice_as_long(database: Database) -> None:
    async def rests() -> list[tuple[int, float]]:
        async with database.transaction() as connection:
            found = await job_list.listed(connection)
        return [
            (job.attempts, (job.scheduled - job.changed).total_seconds())
            for job in found
            if job.scheduled and job.changed and job.status == "todo" and job.attempts
        ]

    failures.extend(OSError() for _ in range(3))
    async with database.transaction() as connection:
        id = await jobs.enqueue(connection, note, word="x")
    assert id is not None
    waits = []
    for attempt in (1, 2, 3):
        left = len(failures) - 1
        await work_until(database, lambda left=left: len(failures) == left)
        ((attempts, seconds),) = await rests()
        waits.append(round(seconds))
        assert attempts == attempt
        async with database.transaction() as connection:  # so that nobody has to wait for it
            await connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    assert waits == [2, 4, 8]


async def test_one_that_is_given_up_stays_says_where_and_can_be_tried_again(database: Database) -> None:
    async with database.transaction() as connection:
        id = await jobs.enqueue(connection, hopeless, word="张三")
    assert id is not None
    await work_until(database, lambda: "张三 was given up" in done)
    async with database.transaction() as connection:
        (job,) = await job_list.listed(connection, status="failed")
        assert (job.id, job.task, job.attempts, job.arguments) == (id, "tests.hopeless", 1, {"word": "张三"})
        assert job.error
        assert "builtins.ValueError at " in job.error
        assert "test_jobs.py" in job.error
        assert "张三" not in job.error
        assert await job_list.counted(connection) == {"failed": 1}
        assert await job_list.try_again(connection, id) == ("tests.hopeless", {"word": "张三"})
        (job,) = await job_list.listed(connection)
        assert (job.status, job.attempts) == ("todo", 0)
        with pytest.raises(job_list.NoSuchJob):
            await job_list.try_again(connection, id)  # it has not failed since
        assert await job_list.discard(connection, id) == ("tests.hopeless", {"word": "张三"})
        with pytest.raises(job_list.NoSuchJob):
            await job_list.discard(connection, id)
        await job_list.forget_failures(connection)
        assert await (await connection.execute("SELECT count(*) FROM job_failure")).fetchone() == (0,)


async def test_no_two_wait_for_the_same_work_by_a_second_try(database: Database) -> None:
    async with database.transaction() as connection:
        first = await jobs.enqueue(connection, hopeless, once="one", word="x")
    await work_until(database, lambda: "x was given up" in done)
    async with database.transaction() as connection:
        assert first is not None
        assert await jobs.enqueue(connection, hopeless, once="one", word="x") is not None
        with pytest.raises(job_list.AlreadyWaiting):
            await job_list.try_again(connection, first)
        await connection.execute("SELECT 1")  # the transaction goes on


async def test_arguments_are_checked_when_enqueued(database: Database) -> None:
    async with database.transaction() as connection:
        with pytest.raises(TypeError, match="word"):
            await jobs.enqueue(connection, note)
        with pytest.raises(TypeError, match="wrod"):
            await jobs.enqueue(connection, note, word="x", wrod="x")


async def test_once_while_it_waits(database: Database) -> None:
    async with database.transaction() as connection:
        first = await jobs.enqueue(connection, note, once="daily", word="x")
        assert first is not None
        assert await jobs.enqueue(connection, note, once="daily", word="x") is None
        await connection.execute("SELECT 1")  # the transaction goes on
    assert await statuses(database) == ["todo"]


async def test_not_before_its_time(database: Database) -> None:
    async with database.transaction() as connection:
        await jobs.enqueue(connection, note, at=datetime.now(UTC) + timedelta(hours=1), word="later")
        await jobs.enqueue(connection, note, word="now")
    await work_until(database, lambda: "now" in done)
    assert "later" not in done


async def test_runs_by_the_clock(database: Database) -> None:
    await work_until(database, lambda: len([one for one in done if isinstance(one, int)]) >= 2)


async def test_stops_when_the_job_in_hand_has_ended(database: Database) -> None:
    async with database.transaction() as connection:
        await jobs.enqueue(connection, slow)
    stop = asyncio.Event()
    running = asyncio.create_task(jobs.run(database.conninfo, stop))
    while "begun" not in done:
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert "ended" in done


async def test_what_does_not_end_in_time_at_a_stop_is_taken_up_again(database: Database) -> None:
    async with database.transaction() as connection:
        await jobs.enqueue(connection, slow)
    stop = asyncio.Event()
    running = asyncio.create_task(jobs.run(database.conninfo, stop, patience=timedelta(seconds=0.1)))
    while "begun" not in done:
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert "ended" not in done
    async with database.transaction() as connection:  # so that nobody has to wait for the delay
        await connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    await work_until(database, lambda: "ended" in done, dead_after=timedelta(seconds=1))


async def test_called_directly(database: Database) -> None:
    await note("here and now")
    assert done == ["here and now"]


async def test_an_unreachable_database_is_not_hidden() -> None:
    with pytest.raises(DatabaseError, match="cannot be reached"):
        await jobs.run("host=/there-is-nothing-here", asyncio.Event())


WORKER = """
import asyncio, os, sys
from datetime import timedelta
from xinglin.platform import jobs

@jobs.task("tests.outside")
async def outside(number: int) -> None:
    os.write(file, f"{number}\\n".encode())
    await asyncio.sleep(0.05)

file = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
asyncio.run(jobs.run(sys.argv[1], asyncio.Event(), concurrency=2, dead_after=timedelta(seconds=1)))
"""


@jobs.task("tests.outside")
async def outside(number: int) -> None:
    """Declared here so that it can be enqueued; the worker process has its own."""


async def test_killed_workers_lose_nothing(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as connection:
        for number in range(60):
            await jobs.enqueue(connection, outside, number=number)
    log = tmp_path / "outside"
    log.touch()
    command = [sys.executable, "-c", WORKER, database.conninfo, log]
    for kill in range(3):
        worker = subprocess.Popen(command)
        while len(log.read_text().splitlines()) < (kill + 1) * 10:
            await asyncio.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert "doing" in await statuses(database, "tests.outside")
    worker = subprocess.Popen(command)
    try:
        for _ in range(1000):
            if not await statuses(database, "tests.outside"):
                break
            await asyncio.sleep(0.02)
    finally:
        worker.kill()
        worker.wait()
    assert {int(line) for line in log.read_text().splitlines()} == set(range(60))


ENTRY = """
import asyncio
from datetime import timedelta
from pathlib import Path
from xinglin.platform import jobs

LOG = Path(__file__).with_name("log")

@jobs.task("tests.lasting")
async def lasting(seconds: float) -> None:
    with LOG.open("a") as log:
        log.write("begun\\n")
    await asyncio.sleep(seconds)
    with LOG.open("a") as log:
        log.write("ended\\n")

async def work(settings, stop):
    await jobs.run(settings.database_url, stop, patience=timedelta(seconds=2), dead_after=timedelta(seconds=1))
"""


@jobs.task("tests.lasting")
async def lasting(seconds: float) -> None:
    """Declared here so that it can be enqueued; the worker process has its own."""


@pytest.mark.parametrize(
    ("seconds", "left"), [(1.0, []), (30.0, ["todo"])], ids=["it finishes", "it is left to others"]
)
async def test_a_worker_that_is_told_to_stop_by_the_system(
    database: Database, tmp_path: Path, seconds: float, left: list[str]
) -> None:
    (tmp_path / "entry.py").write_text(ENTRY, encoding="utf-8")
    log = tmp_path / "log"
    log.touch()
    async with database.transaction() as connection:
        await jobs.enqueue(connection, lasting, seconds=seconds)
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "XINGLIN_DATABASE_URL": database.conninfo,
        "XINGLIN_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "xinglin.operations.child", "worker", "entry:work"]
    worker = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    try:
        while "begun" not in log.read_text():
            assert worker.poll() is None
            await asyncio.sleep(0.02)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 20) == 0
    finally:
        worker.kill()
        worker.communicate()
    assert log.read_text().split() == (["begun"] if left else ["begun", "ended"])
    assert await statuses(database, "tests.lasting") == left
