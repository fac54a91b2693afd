"""What people do with their own account: password, second factor, sessions; each on record."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from xinglin.platform import audit, identity
from xinglin.platform.database import Database
from xinglin.platform.door import draft_of, rules_of
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Account, Actor, Draft, Factor, FactorError, ListedSession, throttle
from xinglin.platform.identity.posts import Connection
from xinglin.platform.identity.sessions import kept
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings


class OwnAccount:
    """The account of whoever is signed in. `clock` tells the time in the zone of the hospital.

    What could lock the owner out asks for the password again, or for a code: an open session is not enough. Wrong ones
    are slowed down as at the door (`SignInRefused`), and raise `WrongPassword` or `FactorError`.
    """

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self.rules = rules_of(settings)
        self.seal = Seal(settings)

    async def sessions(self, actor: Actor, token: str) -> list[ListedSession]:
        """The sessions of somebody, the last used first."""
        async with self._database.transaction() as connection:
            return await identity.list_sessions(
                connection, actor.account_id, token=token, now=self._clock(), idle=self._settings.session_idle
            )

    async def end_others(self, actor: Actor, token: str, client: str) -> int:
        """Ends all sessions of somebody but the one with `token`; returns how many."""
        async with self._database.transaction() as connection:
            ended = await identity.close_sessions(connection, actor.account_id, keep=token)
            await self._record(connection, actor, "session.close_others", self._clock(), client)
        return ended

    async def change_password(self, actor: Actor, token: str, old: str, new: str, client: str) -> None:
        """Changes somebody's own password, and ends all other sessions.

        Raises `SignInRefused` where the present one was guessed too often, `AccountError` and `PasswordError`.
        """
        async with self._proving(actor, client, "account.password") as (connection, now):
            await identity.change_password(
                connection, actor.account_id, old=old, new=new, now=now, rules=self.rules, keep=kept(token)
            )
            await self._record(connection, actor, "account.password", now, client)

    def draft(self, actor: Actor, sealed: str = "") -> Draft:
        """A second factor to set up, or the one that a form brings back. Raises `FactorError`."""
        return draft_of(actor, sealed, self.seal, self._clock())

    async def factor(self, actor: Actor) -> Factor | None:
        """The second factor of somebody; None where there is none."""
        async with self._database.transaction() as connection:
            return await identity.find_factor(connection, actor.account_id)

    async def set_factor(self, actor: Actor, password: str, draft: Draft, code: str, client: str) -> list[str]:
        """Sets up a second factor; returns its recovery codes. Raises `FactorError`, also where there is one."""
        async with self._proving(actor, client, "account.second_factor") as (connection, now):
            account = await self._proven(connection, actor, password)
            if await identity.find_factor(connection, actor.account_id):
                raise FactorError(_("There is a second factor already; remove it first"))
            codes = await draft.accept(connection, account, code, self.seal, now)
            await self._record(connection, actor, "account.second_factor", now, client)
        return codes

    async def renew_recovery_codes(self, actor: Actor, code: str, client: str) -> list[str]:
        """New recovery codes in the place of all former ones, for whoever shows a code of the app."""
        async with self._proving(actor, client, "account.recovery_codes", factor=True) as (connection, now):
            await self._shown(connection, actor, code, now)
            codes = await identity.renew_recovery_codes(connection, actor.account_id)
            await self._record(connection, actor, "account.recovery_codes", now, client)
        return codes

    async def remove_factor(self, actor: Actor, code: str, client: str) -> None:
        """Takes the second factor away, for whoever shows a code of it; where a role needs one, sign-in asks again."""
        async with self._proving(actor, client, "account.second_factor_removed", factor=True) as (connection, now):
            await self._shown(connection, actor, code, now)
            await identity.remove_factor(connection, actor.account_id)
            await self._record(connection, actor, "account.second_factor_removed", now, client)

    async def _proven(self, connection: Connection, actor: Actor, password: str) -> Account:
        account = await identity.read_account(connection, actor.account_id)
        if account is None or not await identity.has_password(connection, account, password):
            raise identity.WrongPassword(_("The present password is wrong"))
        return account

    async def _shown(self, connection: Connection, actor: Actor, code: str, now: datetime) -> None:
        if not await identity.prove_factor(connection, actor.account_id, code, seal=self.seal, now=now):
            raise FactorError(_("This code is wrong or was used already; wait for the next one"))

    @asynccontextmanager
    async def _proving(
        self, actor: Actor, client: str, command: str, *, factor: bool = False
    ) -> AsyncIterator[tuple[Connection, datetime]]:
        """A transaction in which something is proven. A wrong password or code is counted and recorded, and raised."""
        now = self._clock()
        attempt = (
            throttle.factor_attempt(actor.account_id, client) if factor else throttle.login_attempt(actor.login, client)
        )
        wrong: identity.WrongPassword | FactorError | None = None
        async with self._database.transaction() as connection:
            await throttle.admit(connection, attempt, now)
            try:
                yield connection, now
            except (identity.WrongPassword, FactorError) as error:
                wrong = error
                await throttle.failed(connection, attempt, now)
                await self._record(connection, actor, command, now, client, outcome="refused")
        if wrong is not None:
            raise wrong

    async def _record(
        self,
        connection: Connection,
        actor: Actor,
        command: str,
        now: datetime,
        client: str,
        *,
        outcome: audit.Outcome = "success",
    ) -> None:
        await audit.write(connection, audit.Entry(actor, "account", command, (), outcome, now, client))
