"""A folder for trials that a server under another user can reach, unlike pytest's own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xinglin.platform.postgres import processes


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder, passable for everyone."""
    path = Path(tempfile.mkdtemp(prefix="xinglin-trial-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Runs Python code in a process of its own, with arguments; all are ended after the test."""
    running: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", code, *map(str, arguments)]
        running.append(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                encoding="utf-8",
            )
        )
        return running[-1]

    yield run
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def kill_everything(data: Path) -> list[int]:
    """`kill -9` for every process that serves a cluster, the postmaster last; returns their numbers."""
    alive = processes.postmaster(data)
    assert alive is not None
    found = sorted(processes._orphans(data), key=lambda pid: pid == alive.pid)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not any(processes._serves(pid, data) for pid in found), 10)
    return found
