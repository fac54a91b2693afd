"""How often Python looks for garbage.

Resources are trees of dicts without cycles, which are freed as soon as nobody holds them. By default Python looks for
cycles among them each time that 700 more objects have come than gone, which took an eighth of the time of loading.
"""

import gc

_MORE = 50_000
"""Objects that must have come, more than gone, before the youngest are looked at: some megabytes."""


def settle() -> None:
    """To be called when a process has started: what is there by now stays, and the rest is looked at less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MORE, 20, 20)
