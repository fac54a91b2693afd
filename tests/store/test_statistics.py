"""What PostgreSQL knows of the terms, whatever is left in a partition."""

from datetime import UTC, datetime

from xinglin.platform.database import Database
from xinglin.store import statistics
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_partition_of_tombstones_has_no_frequent_terms(database: Database) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        for number in range(statistics.MANY + 20):
            await repository.update({**VISIT, "id": f"e{number}"})
        for number in range(statistics.MANY + 20):
            await repository.delete("Encounter", f"e{number}")
        await connection.execute("ANALYZE resource_encounter")
        statistics._known.clear()
        known = await statistics.statistics(connection, NOW)
        assert not known.counts
        assert (await repository.search("Encounter", "status=finished")).resources == []


VISIT = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}}
