"""The trial of faults: nothing that was acknowledged or committed is lost on its way to others, and nothing invented.

While clients write over HTTP, the server, the worker and the database are killed with SIGKILL at random moments and
started again. A receiver keeps a journal of what comes. In the end it is held against the history of the database.
Everything runs on this machine and on addresses of its own.

`./run bench faults [KILLS] [SEED]`: 200 kills unless told otherwise. The seed is printed; it settles who is killed and
when, as far as a busy machine can be made to do the same again.
"""

import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from bench.faults.trial import trial
from bench.report import Row, report

KILLS = 200


def main() -> int:
    """Runs the trial and prints the table; 1 where anything was lost, invented or out of order."""
    given = [int(word) for word in sys.argv[2:4]]
    kills = given[0] if given else KILLS
    seed = given[1] if len(given) > 1 else secrets.randbelow(1_000_000)
    with tempfile.TemporaryDirectory(prefix="xinglin-faults-") as folder:
        Path(folder).chmod(0o711)
        verdict = asyncio.run(trial(Path(folder), kills=kills, seed=seed, say=print))
    for fault in verdict.faults[:20]:
        print(fault)
    rows = [
        Row("kills", verdict.kills, "", kills),
        Row("committed", verdict.committed, "changes"),
        Row("delivered", verdict.delivered, "changes"),
        Row("repeated", verdict.repeated, "requests"),
        Row("lost", len(verdict.lost), "changes", 0, at_most=True),
        Row("invented", len(verdict.invented), "changes", 0, at_most=True),
        Row("disordered", len(verdict.disordered), "changes", 0, at_most=True),
    ]
    return report("faults", rows)
