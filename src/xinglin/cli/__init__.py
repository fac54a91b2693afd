"""The command line. Imports are late, so that help and mistakes are answered at once."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xinglin.cli.hospital import hospital
from xinglin.cli.keys import keys
from xinglin.cli.running import carry_out, say, settings_of, stop_on_signals
from xinglin.cli.saving import audit, saving

if TYPE_CHECKING:
    from xinglin.platform.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Xinglin 杏林, an open hospital platform.\n\n"
    "Try it with `xinglin demo`. Run a hospital with `xinglin serve`.\n\n"
    "Settings come from the environment: XINGLIN_HOME (folder of this installation), XINGLIN_DATABASE_URL (a "
    "PostgreSQL 15 or newer instead of the embedded one), XINGLIN_HOST, XINGLIN_PORT, XINGLIN_LOCALE (zh_CN, en), "
    "XINGLIN_WORKERS, XINGLIN_LOG_LEVEL, XINGLIN_LOG_FORMAT (console, json).",
)
Port = Annotated[int | None, typer.Option(help="Port of the web server.", show_default="XINGLIN_PORT, else 8000")]


@app.command()
def demo(
    check: Annotated[bool, typer.Option(help="Walk one visit, print its steps and final states, and stop.")] = False,
    port: Port = None,
) -> None:
    """Start a small demonstration hospital and show how to sign in. Ctrl-C stops it; its data stay."""
    from xinglin.operations import demo as demonstration
    from xinglin.operations import service

    settings = demonstration.relaxed(settings_of(port))

    async def main() -> None:
        stop = stop_on_signals()

        async def ready(settings: "Settings") -> None:
            if check:
                states = await asyncio.to_thread(demonstration.walk, service.address(settings), _step)
                for name, state in states.items():
                    typer.echo(f"{name:14} {state}")
                stop.set()
            else:
                _welcome(settings)

        partners = demonstration.partners(settings)
        await service.run(settings, stop, say=say, seed=demonstration.seed, ready=ready, logs=True, beside=partners)

    carry_out(main)


@app.command()
def serve(port: Port = None) -> None:
    """Run the hospital: database, server and worker. Logs go to the console."""
    from xinglin.operations import service

    settings = settings_of(port)

    async def main() -> None:
        stop = stop_on_signals()

        async def ready(settings: "Settings") -> None:
            say(f"Xinglin is at {service.address(settings)}")

        await service.run(settings, stop, say=say, ready=ready)

    carry_out(main)


@app.command()
def worker() -> None:
    """Run one more worker, beside a running service or on another machine."""
    from xinglin.operations import child, service
    from xinglin.platform import logging

    settings = settings_of(None)
    logging.configure(settings.log_level, settings.log_format)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            await child.work(found, service.WORKER)

    carry_out(main)


@app.command()
def migrate(
    check: Annotated[bool, typer.Option(help="Only say what is missing; exit status 3 if anything is.")] = False,
) -> None:
    """Bring the database to the schema of this version."""
    from xinglin.operations import service

    settings = settings_of(None)

    async def main() -> None:
        import psycopg

        from xinglin.platform.migrations import pending_migrations

        async with service.database_of(settings, say) as found:
            if not check:
                applied = await service.bring_up_to_date(found, say)
            else:
                assert found.database_url is not None
                async with await psycopg.AsyncConnection.connect(found.database_url) as connection:
                    applied = await pending_migrations(connection)
        for owner, name in applied:
            typer.echo(f"{'missing' if check else 'applied'}  {owner}  {name}")
        if not applied:
            typer.echo("The schema is up to date.")
        if check and applied:
            raise typer.Exit(3)

    carry_out(main)


@app.command()
def load(
    folder: Annotated[Path, typer.Argument(help="Folder with FHIR R4 bundles, as .json or .json.gz.")],
) -> None:
    """Load FHIR bundles. Each file is one transaction; what is refused is listed with the reason (exit status 1)."""
    from xinglin.operations import loading, service

    settings = settings_of(None)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            await service.bring_up_to_date(found, say)
            if not await loading.load(found, folder, typer.echo):
                raise typer.Exit(1)

    carry_out(main)


@app.command()
def administrator(
    login: Annotated[str, typer.Argument(help="The account.")],
    name: Annotated[str, typer.Argument(help="The person's name; the login where it is left out.")] = "",
    reset: Annotated[bool, typer.Option(help="Give an administrator a new password, without a second factor.")] = False,
) -> None:
    """Make the first administrator, or let one in again. The password is printed once and must be changed."""
    from xinglin.operations import service
    from xinglin.platform import i18n

    settings = settings_of(None)

    async def main() -> None:
        from xinglin.operations.administrators import admit_administrator

        async with service.database_of(settings, say) as found:
            await service.bring_up_to_date(found, say)
            with i18n.use_locale("en"):
                done = await admit_administrator(found, login, name or login, typer.echo, reset=reset)
            if not done:
                raise typer.Exit(1)

    carry_out(main)


terminology = typer.Typer(no_args_is_help=True, help="Code systems: ICD-10, ICD-9-CM-3, LOINC, SNOMED CT, ATC, UCUM.")
app.add_typer(terminology, name="terminology")


@terminology.command("import")
def import_terminology(
    kind: Annotated[
        str,
        typer.Argument(
            help="icd10-clinical, icd10-insurance, icd9cm3-clinical, icd9cm3-insurance, loinc, snomed, atc or ucum."
        ),
    ],
    file: Annotated[Path, typer.Argument(help="What the publisher gives out: a file, a folder or a .zip.")],
    version: Annotated[str | None, typer.Option(help="The publisher's version, such as 2.0 or 2026-07-01.")] = None,
) -> None:
    """Import a code system, replacing what was there of it."""
    from xinglin.operations import loading, service

    settings = settings_of(None)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            await service.bring_up_to_date(found, say)
            if not await loading.import_terminology(found, kind, file, version, typer.echo):
                raise typer.Exit(1)

    carry_out(main)


app.add_typer(audit, name="audit")
app.add_typer(hospital, name="hospital")
app.add_typer(keys, name="keys")
app.add_typer(saving)


@app.command()
def status() -> None:
    """Show what runs, the size of the database, its schema, and what waits. Exit status 3: not all is well."""
    from xinglin.operations.status import status_of

    settings = settings_of(None)

    async def main() -> None:
        found = await status_of(settings)
        for topic, text in found.lines:
            typer.echo(f"{topic:9} {text}")
        if not found.well:
            raise typer.Exit(3)

    carry_out(main)


def main() -> None:
    """Entry point of the command `xinglin`."""
    app(prog_name="xinglin")


def _step(text: str) -> None:
    typer.echo(text)


def _welcome(settings: "Settings") -> None:
    from xinglin.operations import demo as demonstration
    from xinglin.operations.service import address

    typer.echo(f"\n  杏林 Xinglin   {address(settings)}\n")
    for login, name, department in demonstration.accounts():
        typer.echo(f"    {login:12} {name}  {department}")
    typer.echo(f"\n    password: {demonstration.password()}     Ctrl-C stops everything; the data stay.\n")
