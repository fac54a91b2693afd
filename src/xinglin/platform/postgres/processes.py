"""Which process, if any, serves a data folder; and what a crash left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PIDFILE = "postmaster.pid"
PROC = Path("/proc")


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says: process, folder of the socket, port, and whether it takes connections."""

    pid: int
    socket: Path | None
    port: int
    ready: bool


def read_pidfile(data: Path) -> Postmaster | None:
    """The content of a data folder's `postmaster.pid`; None where there is none or it is cut short.

    Lines (PostgreSQL, miscadmin.h): pid, data folder, start time, port, socket folder, listen address, shared memory,
    status. A server that has just begun has written only the first ones.
    """
    try:
        lines = (data / PIDFILE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        pid = abs(int(lines[0]))
    except (OSError, ValueError, IndexError):
        return None
    port = int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else 5432
    socket = Path(lines[4].strip()) if len(lines) > 4 and lines[4].strip() else None
    ready = len(lines) > 7 and lines[7].strip() == "ready"
    return Postmaster(pid, socket, port, ready)


def _serves(pid: int, data: Path) -> bool:
    """Whether a living process is PostgreSQL on this folder, and not another that was given the same number."""
    process = PROC / str(pid)
    if PROC.joinpath("self", "cwd").exists():
        try:
            here = process.joinpath("cwd").readlink() == data.resolve()
            return here and process.joinpath("comm").read_text().strip() == "postgres"
        except OSError:  # gone, a zombie, or another user's
            return False
    said = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "postgres" in said.stdout and str(data) in said.stdout


def postmaster(data: Path) -> Postmaster | None:
    """The server that is alive on this data folder, ready or not; None where nothing serves it."""
    noted = read_pidfile(data)
    return noted if noted and _serves(noted.pid, data) else None


def _orphans(data: Path) -> Iterator[int]:
    """Server processes on this folder, whoever their parent is (Linux only)."""
    for entry in PROC.iterdir() if PROC.joinpath("self", "cwd").exists() else ():
        if entry.name.isdigit() and _serves(int(entry.name), data):
            yield int(entry.name)


def end_orphans(data: Path, *, patience: float = 5.0) -> int:
    """Ends what a killed postmaster left running, so that shared memory is free; returns how many there were.

    Call it only while no postmaster lives on the folder. They get `patience` seconds before they are killed: a
    process without its postmaster cannot commit anything more, so nothing is lost.
    """
    found = list(_orphans(data))
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in found:
            send(pid, number)
        if wait_until(lambda: not any(_serves(pid, data) for pid in found), patience):
            break
    return len(found)


def send(pid: int, number: signal.Signals) -> None:
    """Sends a signal; a process that is already gone is no fault."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until(condition: Callable[[], bool], seconds: float, *, pause: float = 0.01) -> bool:
    """Waits until a condition holds; false when the time is over first."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
