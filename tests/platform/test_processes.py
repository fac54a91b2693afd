"""Processes that compute end with the one that started them, even where that is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

_PROGRAM = """
import os, sys, time
from xinglin.platform.processes import pool

if __name__ == "__main__":
    with pool(2) as processes:
        ids = {processes.submit(os.getpid).result() for _ in range(8)} | {p.pid for p in processes._processes.values()}
        print(*ids, flush=True)
        processes.submit(time.sleep, 600)
        time.sleep(600)
"""


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked for yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_while_its_processes_work(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        processes = [int(word) for word in parent.stdout.readline().split()]
        assert len(processes) >= 1
        assert os.getpid() not in processes
        assert all(map(alive, processes))
        parent.kill()
    for _ in range(100):
        if not any(map(alive, processes)):
            return
        time.sleep(0.1)
    raise AssertionError([process for process in processes if alive(process)])
