"""Commands that keep what the hospital has: the audit's chain, backups, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from xinglin.cli.running import carry_out, fail, say, settings_of

saving = typer.Typer()
"""Commands of the top level."""

audit = typer.Typer(no_args_is_help=True, help="The record of who did and saw what: is it as it was written?")


@audit.command("verify")
def verify_audit(
    head: Annotated[
        list[str] | None, typer.Option(help="An end of the chain as `xinglin audit head` printed it; repeatable.")
    ] = None,
    without_key: Annotated[bool, typer.Option(help="Check hashes only, where the key is not at hand.")] = False,
) -> None:
    """Check every row of the audit against the chain of seals. Exit status 3: something is wrong."""
    from xinglin.operations import audit, service

    settings = settings_of(None)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            if not await audit.verify_audit(found, head or (), typer.echo, without_key=without_key):
                raise typer.Exit(3)

    carry_out(main)


@audit.command("head")
def audit_head() -> None:
    """Print the end of the audit's chain, to be kept where nobody who can change the database gets at it."""
    from xinglin.operations import audit, service

    settings = settings_of(None)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            typer.echo(str(await audit.head_of(found) or "Nothing is sealed yet."))

    carry_out(main)


@saving.command()
def backup(
    target: Annotated[Path, typer.Argument(help="Folder in which each backup gets a folder of its own.")],
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many backups and remove older ones.")] = None,
) -> None:
    """Save the database and the files of this installation, as of one moment, while it runs. Keys are not in it."""
    from xinglin.operations import service
    from xinglin.operations.backup.making import make_backup

    settings = settings_of(None)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            typer.echo(str(await make_backup(found, target.absolute(), say, keep=keep)))

    carry_out(main)


@saving.command()
def restore(folder: Annotated[Path, typer.Argument(help="A backup.")]) -> None:
    """Restore a backup into an empty database and home, and compare every table with what was saved."""
    from xinglin.operations import service
    from xinglin.operations.backup.restoring import restore_backup, whole

    settings = settings_of(None)

    async def main() -> None:
        await whole(folder.absolute())  # before a database is made for it
        async with service.database_of(settings, say) as found:
            manifest = await restore_backup(found, folder.absolute(), say)
        typer.echo(f"Restored what was saved at {manifest.made}: {len(manifest.tables)} tables, all equal.")

    carry_out(main)


@saving.command("base-backup")
def base_backup(
    target: Annotated[Path, typer.Argument(help="Folder in which each backup gets a folder of its own.")],
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many, and the log since the oldest of them.")] = None,
) -> None:
    """Save the whole embedded cluster. With XINGLIN_WAL_ARCHIVE, every moment after it can be recovered."""
    from xinglin.operations import service
    from xinglin.operations.backup.base import make_base

    settings = settings_of(None)
    if settings.database_url is not None:
        fail("A base backup is of the embedded database; for a server, use its own tools (see docs/running.md).")

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            typer.echo(str(await make_base(found, target.absolute(), say, keep=keep)))

    carry_out(main)


@saving.command("restore-base")
def restore_base(
    folder: Annotated[Path, typer.Argument(help="A base backup.")],
    archive: Annotated[Path | None, typer.Option(help="Folder with the archived log, to go on from there.")] = None,
    until: Annotated[str | None, typer.Option(help="The moment to come back to: 2026-11-25T10:30:00+08:00.")] = None,
) -> None:
    """Bring a base backup into an empty home, and go on to the archive's end or to a moment before it."""
    from xinglin.operations.backup.base import read_moment
    from xinglin.operations.backup.base import restore_base as restore

    settings = settings_of(None)

    async def main() -> None:
        moment = read_moment(until) if until else None
        place = archive.absolute() if archive else None
        manifest = await restore(settings, folder.absolute(), say, archive=place, until=moment)
        typer.echo(f"The cluster of {manifest.made} is back{f', as it was at {until}' if until else ''}.")

    carry_out(main)


@saving.command("verify-backup")
def verify_backup(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
    trial: Annotated[bool, typer.Option(help="Restore it into a database that is thrown away, and compare.")] = False,
) -> None:
    """Check that a backup is whole: every file by its hash, and with --trial every table by its rows."""
    from xinglin.operations.backup.restoring import verify_backup as verify

    async def main() -> None:
        manifest = await verify(folder.absolute(), say, trial=trial)
        typer.echo(f"The backup of {manifest.made} is whole.")

    carry_out(main)
