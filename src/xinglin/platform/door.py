"""The door: signing in and out, and going on in another post, each on record. Browsers and programs come through it."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from xinglin.platform import audit, identity
from xinglin.platform.database import Database
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import (
    Account,
    Actor,
    Departure,
    Draft,
    OpenedSession,
    PasswordRules,
    Post,
    Session,
    Step,
    throttle,
)
from xinglin.platform.identity.posts import Connection
from xinglin.platform.sealing import Seal, SealError
from xinglin.platform.settings import Provider, Settings

Wanted = Literal["code", "enrolment", "renewal"]
"""What a sign-in still lacks: a code of the second factor, a second factor at all, a new password."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unfinished:
    """A sign-in that lacks something: `token` is for the next step and opens nothing else."""

    token: str
    wanted: Wanted


def rules_of(settings: Settings) -> PasswordRules:
    """What this hospital asks of passwords."""
    return PasswordRules(
        settings.password_length, settings.password_kinds, settings.password_history, settings.password_age
    )


def draft_of(actor: Actor, sealed: str, seal: Seal, now: datetime) -> Draft:
    """A new second factor for somebody to set up, or the one that a form brings back (`sealed`, else `FactorError`)."""
    if sealed:
        return Draft.read(sealed, actor.account_id, seal=seal, now=now)
    return Draft.make(actor.account_id, seal=seal, now=now)


class Door:
    """Who comes in, and as what. `clock` tells the time in the zone of the hospital."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self.rules = rules_of(settings)
        self.seal = Seal(settings)

    def now(self) -> datetime:
        """The time by which it goes."""
        return self._clock()

    async def sign_in(self, login: str, password: str, client: str, *, former: str = "") -> OpenedSession | Unfinished:
        """Opens a session for whoever knows the password, and ends the one that the caller came with (`former`); or
        tells what is still wanted.

        Raises `SignInRefused` where login and password don't fit, or came too often, and where the account is of no
        use now.
        """
        now = self._clock()
        try:
            account = await identity.authenticate(
                self._database, login=login, password=password, client=client, now=now
            )
        except identity.SignInRefused as refused:
            await audit.sign_in_refused(self._database, login=login, client=client, at=now, status=refused.status)
            raise
        async with self._database.transaction() as connection:
            return await self._go_on(connection, account, ["password"], client, former, now)

    def draft(self, account: Account, sealed: str = "") -> Draft:
        """A second factor to set up, or the one that a form brings back. Raises `FactorError`."""
        return draft_of(account, sealed, self.seal, self._clock())

    async def depart(self, issuer: str, target: str) -> Departure:
        """Notes that somebody leaves for a provider, to come back to the page `target`."""
        async with self._database.transaction() as connection:
            return await identity.depart(connection, issuer, target, self._clock())

    async def arrive(self, state: str) -> Departure | None:
        """Whose state it is that came back; None for one that is unknown, too old, or came before."""
        async with self._database.transaction() as connection:
            return await identity.arrive(connection, state, self._clock())

    async def enter_from(
        self, provider: Provider, claims: dict[str, Any], client: str, *, former: str = ""
    ) -> OpenedSession | Unfinished:
        """Opens a session for whom the verified token of a provider names, as `sign_in` does.

        Raises `SignInRefused` where there is no account for them, or it is of no use now.
        """
        now = self._clock()
        try:
            async with self._database.transaction() as connection:
                account = await identity.account_of(connection, provider, claims, locale=self._settings.locale, now=now)
                await self._record(
                    connection, account, "sign-in", "session.elsewhere", now, client, detail=provider.issuer
                )
                proven = {"elsewhere", "code"} if provider.second_factor else {"elsewhere"}
                return await self._go_on(connection, account, proven, client, former, now)
        except identity.AccountError as error:
            await self._note(None, "sign-in", "session.elsewhere", client, outcome="refused", detail=provider.issuer)
            raise identity.SignInRefused(str(error), 401) from error

    async def step(self, token: str) -> tuple[Step, Wanted]:
        """The sign-in under way, and what it wants. Raises `SignInRefused` where there is none."""
        async with self._database.transaction() as connection:
            return await self._step(connection, token, self._clock())

    async def prove(self, token: str, code: str, client: str, *, former: str = "") -> OpenedSession | Unfinished:
        """Goes on with a sign-in that wants a code of the second factor, or a recovery code.

        Raises `SignInRefused` where there is no such sign-in, the code is wrong or was used, or came too often.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            step = await self._step_wanting("code", connection, token, now)
            account = step.account
            attempt = throttle.factor_attempt(account.account_id, client)
            await throttle.admit(connection, attempt, now)
            try:
                by = await identity.prove_factor(connection, account.account_id, code, seal=self.seal, now=now)
            except SealError as error:
                _log.exception("the second factor of %s can't be read", account.login)
                raise identity.SignInRefused(
                    _("Your second factor can't be read; ask the administrator"), 401
                ) from error
            if by is not None:
                await throttle.succeeded(connection, attempt, now)
                await self._record(connection, account, "sign-in", "session.second_factor", now, client, detail=by)
                await identity.close_step(connection, token)
                return await self._go_on(connection, account, step.proven | {"code"}, client, former, now)
            await throttle.failed(connection, attempt, now)
        await self._note(account, "sign-in", "session.second_factor", client, outcome="refused")
        raise identity.SignInRefused(_("This code is wrong or was used already; wait for the next one"), 401)

    async def enrol(
        self, token: str, sealed: str, code: str, client: str, *, former: str = ""
    ) -> tuple[OpenedSession | Unfinished, list[str]]:
        """Goes on with a sign-in that wants a second factor; returns also its recovery codes.

        Raises `SignInRefused` where there is no such sign-in, `FactorError` where the code does not fit the secret.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            step = await self._step_wanting("enrolment", connection, token, now)
            account = step.account
            draft = Draft.read(sealed, account.account_id, seal=self.seal, now=now)
            codes = await draft.accept(connection, account, code, self.seal, now)
            await self._record(connection, account, "account", "account.second_factor", now, client)
            await identity.close_step(connection, token)
            return await self._go_on(connection, account, step.proven | {"code"}, client, former, now), codes

    async def renew_password(
        self, token: str, password: str, client: str, *, former: str = ""
    ) -> OpenedSession | Unfinished:
        """Goes on with a sign-in that wants a new password.

        Raises `SignInRefused` where there is no such sign-in, `AccountError` and `PasswordError` for the password.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            step = await self._step_wanting("renewal", connection, token, now)
            await identity.change_password(
                connection, step.account.account_id, old=None, new=password, now=now, rules=self.rules
            )
            await self._record(connection, step.account, "account", "account.password", now, client)
            await identity.close_step(connection, token)
            return await self._go_on(connection, step.account, step.proven, client, former, now)

    async def _step(self, connection: Connection, token: str, now: datetime) -> tuple[Step, Wanted]:
        step = await identity.read_step(connection, token, now)
        wanted = await self._wanted(connection, step.account, step.proven, now) if step else None
        if step is None or wanted is None:
            raise identity.SignInRefused(_("This sign-in took too long; please begin again"), 401)
        return step, wanted

    async def _step_wanting(self, what: Wanted, connection: Connection, token: str, now: datetime) -> Step:
        step, wanted = await self._step(connection, token, now)
        if wanted != what:
            raise identity.SignInRefused(_("This sign-in wants something else first"), 401)
        return step

    async def _wanted(
        self, connection: Connection, account: Account, proven: Collection[str], now: datetime
    ) -> Wanted | None:
        # The second factor first: who knows the password only must not get as far as changing it.
        if "code" not in proven:
            if await identity.find_factor(connection, account.account_id):
                return "code"
            if await self._needs_factor(connection, account, now):
                return "enrolment"
        # Who signed in elsewhere has proven no password of the house, and need not change one.
        if "elsewhere" in proven:
            return None
        due = await identity.password_due(connection, account.account_id, now, self.rules)
        return "renewal" if due else None

    async def _needs_factor(self, connection: Connection, account: Account, now: datetime) -> bool:
        """Whether one of the roles that somebody holds, here or in another post, needs a second factor."""
        wanted = self._settings.roles_with_second_factor
        if not wanted:
            return False
        posts, _ever = await identity.posts_of(connection, account.practitioner, now)
        return bool(wanted & {*account.roles, *(role for post in posts for role in post.roles)})

    async def _go_on(
        self,
        connection: Connection,
        account: Account,
        proven: Collection[str],
        client: str,
        former: str,
        now: datetime,
    ) -> OpenedSession | Unfinished:
        wanted = await self._wanted(connection, account, proven, now)
        if wanted is not None:
            return Unfinished(await identity.open_step(connection, account, proven, client=client, now=now), wanted)
        await identity.close_session(connection, former, now)
        try:
            opened = await identity.open_session(
                connection,
                account,
                client=client,
                now=now,
                absolute=self._settings.session_absolute,
                most=self._settings.session_limit,
            )
        except identity.AccountError as error:
            raise identity.SignInRefused(str(error), 401) from error
        await self._record(connection, opened.actor, "sign-in", "session.open", now, client)
        return opened

    async def resume(self, token: str) -> Session | None:
        """The session of a token; None where there is none that goes on."""
        async with self._database.transaction() as connection:
            return await identity.resume_session(connection, token, self._clock(), idle=self._settings.session_idle)

    async def service(self, key: str) -> Account | None:
        """The service whose key this is; None where the key is unknown, expired or revoked."""
        async with self._database.transaction() as connection:
            return await identity.use_api_key(connection, key, self._clock())

    async def sign_out(self, token: str, actor: Actor | None, client: str) -> None:
        """Ends a session; a token that names none is no fault."""
        now = self._clock()
        async with self._database.transaction() as connection:
            await identity.close_session(connection, token, now)
            if actor is not None:
                await self._record(connection, actor, "sign-out", "session.close", now, client)

    async def posts(self, actor: Actor) -> list[Post]:
        """The posts among which somebody may choose."""
        async with self._database.reading() as connection:
            return (await identity.posts_of(connection, actor.practitioner, self._clock()))[0]

    async def switch_post(
        self, session: Session, token: str, reference: str, client: str, *, renew: bool = False
    ) -> OpenedSession:
        """Goes on in another post, with a new token where `renew` asks for one. Raises `AccountError`."""
        now = self._clock()
        former = session.actor.post.reference if session.actor.post else "none"
        try:
            async with self._database.transaction() as connection:
                opened = await identity.switch_post(connection, session, token, reference, now, renew=renew)
                await self._demand_factor(connection, opened.actor)
                await self._record(
                    connection,
                    opened.actor,
                    "switch",
                    "session.post",
                    now,
                    client,
                    entities=(reference,),
                    detail=former,
                )
        except identity.AccountError:
            await self._note(session.actor, "switch", "session.post", client, outcome="refused", detail=former)
            raise
        return opened

    async def _demand_factor(self, connection: Connection, actor: Actor) -> None:
        """A post that was given since sign-in may need what nobody asked for then."""
        if self._settings.roles_with_second_factor & {*actor.roles} and not await identity.find_factor(
            connection, actor.account_id
        ):
            raise identity.AccountError(_("This post needs a second factor; sign in again to set it up"))

    async def _note(
        self, actor: Actor | None, action: str, command: str, client: str, *, outcome: audit.Outcome, detail: str = ""
    ) -> None:
        """Records what came to nothing, in a transaction of its own."""
        async with self._database.transaction() as connection:
            await audit.write(
                connection,
                audit.Entry(actor, action, command, (), outcome, self._clock(), client, detail or None),
            )

    async def _record(
        self,
        connection: Connection,
        actor: Actor,
        action: str,
        command: str,
        now: datetime,
        client: str,
        *,
        entities: tuple[str, ...] = (),
        detail: str | None = None,
    ) -> None:
        await audit.write(connection, audit.Entry(actor, action, command, entities, "success", now, client, detail))
