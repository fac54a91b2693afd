"""A home of its own, and the command line as a person runs it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home that the database's user can reach, unlike pytest's own folders."""
    path = Path(tempfile.mkdtemp(prefix="xinglin-trial-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """Environment variables for a process: ours without settings, with a home and a port of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XINGLIN_")}
    return {**kept, "XINGLIN_HOME": str(home), "XINGLIN_PORT": str(free_port())}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def xinglin(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs the command line to its end."""
    command = [sys.executable, "-m", "xinglin", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
