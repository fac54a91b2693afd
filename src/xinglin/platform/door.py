"""The door: signing in and out, and going on in another post, each on record. Browsers and programs come through it."""

from collections.abc import Callable
from datetime import datetime

from xinglin.platform import audit, identity
from xinglin.platform.database import Database
from xinglin.platform.identity import Account, Actor, OpenedSession, Post, Session
from xinglin.platform.identity.posts import Connection
from xinglin.platform.settings import Settings


class Door:
    """Who comes in, and as what. `clock` tells the time in the zone of the hospital."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    async def sign_in(self, login: str, password: str, client: str, *, former: str = "") -> OpenedSession:
        """Opens a session for whoever knows the password, and ends the one that the caller came with (`former`).

        Raises `SignInRefused` where login and password don't fit, or came too often, and where the account is of no
        use now.
        """
        now = self._clock()
        try:
            account = await identity.authenticate(
                self._database, login=login, password=password, client=client, now=now
            )
            return await self._open(account, client, former, now)
        except identity.AccountError as error:
            refusal = identity.SignInRefused(str(error), 401)
        except identity.SignInRefused as refused:
            refusal = refused
        await audit.sign_in_refused(self._database, login=login, client=client, at=now, status=refusal.status)
        raise refusal

    async def _open(self, account: Account, client: str, former: str, now: datetime) -> OpenedSession:
        async with self._database.transaction() as connection:
            await identity.close_session(connection, former, now)
            opened = await identity.open_session(
                connection, account, client=client, now=now, absolute=self._settings.session_absolute
            )
            await self._record(connection, opened.actor, "sign-in", "session.open", now, client)
        return opened

    async def resume(self, token: str) -> Session | None:
        """The session of a token; None where there is none that goes on."""
        async with self._database.transaction() as connection:
            return await identity.resume_session(connection, token, self._clock(), idle=self._settings.session_idle)

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
            async with self._database.transaction() as connection:
                await self._record(
                    connection, session.actor, "switch", "session.post", now, client, outcome="refused", detail=former
                )
            raise
        return opened

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
        outcome: audit.Outcome = "success",
        detail: str | None = None,
    ) -> None:
        await audit.write(connection, audit.Entry(actor, action, command, entities, outcome, now, client, detail))
