"""The command that makes a synthetic hospital."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xinglin.cli.running import carry_out, fail, say, settings_of

if TYPE_CHECKING:
    from xinglin.synthetic.plan import Plan

hospital = typer.Typer(no_args_is_help=True, help="A synthetic hospital: staff, beds, catalogues, patients and visits.")


@hospital.command()
def new(
    campuses: Annotated[int, typer.Option(help="Campuses, 1 to 5.")] = 2,
    beds: Annotated[int, typer.Option(help="Beds in all campuses.")] = 800,
    patients: Annotated[int, typer.Option(help="Patients who come in these days.")] = 20_000,
    days: Annotated[int, typer.Option(help="Days that visits are made for.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed gives the same hospital, byte by byte.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.", show_default="2026-10-31")
    ] = None,
    duplicates: Annotated[float, typer.Option(help="Share of patients who are registered twice, up to 0.5.")] = 0.0,
    truth: Annotated[Path | None, typer.Option(help="File for the truth about those (CSV).")] = None,
    out: Annotated[Path | None, typer.Option(help="Empty folder for NDJSON files, instead of the database.")] = None,
) -> None:
    """Make a hospital of people who don't exist, in an empty database. Begun again, it goes on where it ended."""
    from xinglin.fhir.outcome import FhirError
    from xinglin.synthetic.plan import UNTIL, Plan

    async def main() -> None:
        try:
            last = until.date() if until else UNTIL
            plan = Plan(seed, campuses, beds, patients, days, last, duplicates)
            if duplicates and not (truth or out):
                fail("--duplicates needs --truth FILE, which tells who was registered twice")
            count = await (_to_files(plan, out) if out else _to_database(plan, truth))
        except FhirError as error:
            fail(str(error))
        typer.echo(f"{count} resources written ({plan.text})")

    carry_out(main)


async def _to_files(plan: "Plan", out: Path) -> int:
    from xinglin.synthetic.files import write_files

    return (await write_files(plan, out, say)).total()


async def _to_database(plan: "Plan", truth: Path | None) -> int:
    from xinglin.operations import service
    from xinglin.platform.crypto.vault import Vault
    from xinglin.platform.database import Database
    from xinglin.synthetic.writing import write_hospital

    async with service.database_of(settings_of(None), say) as found:
        await service.bring_up_to_date(found, say)
        assert found.database_url is not None
        database = Database(
            found.database_url, min_size=1, max_size=2, application="xinglin-hospital", vault=Vault(found)
        )
        await database.open()
        try:
            return await write_hospital(plan, database.transaction, lambda: datetime.now(UTC), say, report=truth)
        finally:
            await database.close()
