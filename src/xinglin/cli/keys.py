"""Commands for the keys by which values in the database are encrypted."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from xinglin.cli.running import carry_out, fail, say, settings_of

keys = typer.Typer(no_args_is_help=True, help="Keys of what is encrypted in the database.")


def _carried_out(work: Callable[..., Awaitable[object]], *arguments: str) -> None:
    from xinglin.operations import service
    from xinglin.platform.crypto.keys import KeyRefused
    from xinglin.platform.sealing import SealError

    settings = settings_of(None)

    async def main() -> None:
        async with service.database_of(settings, say) as found:
            await service.bring_up_to_date(found, say)
            try:
                await work(found, *arguments, typer.echo)
            except (KeyRefused, SealError) as error:
                fail(str(error))

    carry_out(main)


@keys.command("list")
def list_keys() -> None:
    """Show the keys, which of them is in use, and how far encrypting anew has come."""
    from xinglin.operations import keys as work

    _carried_out(work.list_all)


@keys.command("rotate")
def rotate() -> None:
    """Make a new key, of the suite in XINGLIN_CRYPTO_SUITE, and encrypt everything by it while the system runs."""
    from xinglin.operations import keys as work

    _carried_out(work.rotate)


@keys.command("encrypt")
def encrypt() -> None:
    """Bring what was written before to what XINGLIN_ENCRYPTED_IDENTIFIERS says now, while the system runs."""
    from xinglin.operations import keys as work

    _carried_out(work.encrypt)


@keys.command("retire")
def retire(key: Annotated[str, typer.Argument(help="The key, as `xinglin keys list` shows it.")]) -> None:
    """Destroy a key by which nothing is encrypted any more."""
    from xinglin.operations import keys as work

    _carried_out(work.retire, key)


@keys.command("seal")
def seal() -> None:
    """Seal what lies sealed under the first key of XINGLIN_SECRET_KEY, or of the file secret.key."""
    from xinglin.operations import keys as work

    _carried_out(work.seal)
