"""Processes that compute end with the one that started them, even where that is killed."""

import os
import subprocess
import sys
import time

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
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_while_its_processes_work(tmp_path: object) -> None:
    program = f"{tmp_path}/program.py"
    with open(program, "w") as file:
        file.write(_PROGRAM)
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        processes = [int(word) for word in parent.stdout.readline().split()]
        assert processes and os.getpid() not in processes and all(map(alive, processes))
        parent.kill()
    for _ in range(100):
        if not any(map(alive, processes)):
            return
        time.sleep(0.1)
    raise AssertionError([process for process in processes if alive(process)])
