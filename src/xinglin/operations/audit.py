"""Checking the audit from the command line, and the end of its chain, to be kept elsewhere."""

from collections.abc import Callable, Sequence

from psycopg import IsolationLevel

from xinglin.platform.audit.chain import Head
from xinglin.platform.audit.entries import queries
from xinglin.platform.audit.keys import load_keys
from xinglin.platform.audit.sealing import LATE
from xinglin.platform.audit.verifying import Fault, Report, verify
from xinglin.platform.database import Database
from xinglin.platform.settings import Settings


def read_heads(settings: Settings, given: Sequence[str]) -> list[Head]:
    """The heads that are `given`, and the one that this machine's worker noted. Raises `HeadError`."""
    heads = [Head.parse(text) for text in given]
    if settings.audit_head.is_file():
        heads.append(Head.parse(settings.audit_head.read_text(encoding="ascii", errors="replace")))
    return heads


async def verify_audit(
    settings: Settings, given: Sequence[str], say: Callable[[str], object], *, without_key: bool = False
) -> bool:
    """Checks the whole record, says what was checked and what is wrong, and tells whether nothing is.

    Raises `HeadError` for a head that is none, `AuditKeyError` where there are seals and no keys.
    """
    assert settings.database_url is not None
    heads = read_heads(settings, given)
    database = Database(settings.database_url, min_size=1, max_size=1, application="xinglin-verify")
    async with database.session() as connection:
        await connection.set_autocommit(False)
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        async with connection.transaction():
            sealed = await (await connection.execute(queries.last_seal)).fetchone()
            keys = None if without_key or sealed is None else load_keys(settings.audit_keys)
            report = await verify(connection, keys, heads=heads, tell=lambda fault: say(f"wrong: {fault}"))
    _sum_up(report, heads, say, checked=keys is not None)
    return report.faults == 0


def _sum_up(report: Report, heads: Sequence[Head], say: Callable[[str], object], *, checked: bool) -> None:
    say(f"checked: {report.seals} seals with {report.events} rows, {len(heads)} heads that were known before")
    if report.seals:
        say("checked: the HMAC of each seal" if checked else "not checked: the HMACs of the seals, for want of a key")
    if report.waiting:
        say(f"{report.waiting} rows wait for a seal, the oldest since {report.oldest}; after {LATE} something is amiss")
    if report.late:
        say(f"{report.late} rows tell of a time long before they were written, the first is row {report.first_late}")
    say(f"head: {report.head or 'none yet'}")
    first: Fault | None = report.first
    say("Nothing is wrong." if first is None else f"{report.faults} faults; the first: {first}")


async def head_of(settings: Settings) -> Head | None:
    """The end of the chain as it is now; None where nothing is sealed yet."""
    assert settings.database_url is not None
    database = Database(settings.database_url, min_size=1, max_size=1, application="xinglin-verify")
    async with database.session() as connection:
        row = await (await connection.execute(queries.last_seal)).fetchone()
    return Head(row[0], bytes(row[1])) if row else None
