"""Processes that compute beside this one: one of Python's processes keeps one core busy."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor


def pool(most: int, *, more_than_cores: int = 0) -> ProcessPoolExecutor:
    """As many processes as there are cores, and some more where they wait for something; at most `most`.

    They end with the process that started them, however that comes to its end.
    """
    count = max(1, min(most, (os.cpu_count() or 1) + more_than_cores))
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_watch_parent)


def _watch_parent() -> None:
    """Each process holds the writing end of its own queue too, so the end of its parent would not end it."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
