"""Accounts of people and services, and the actor that one becomes."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

from uuid_utils.compat import uuid7

from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.passwords import (
    USUAL,
    PasswordRules,
    check_former,
    check_password,
    hash_password,
    verify_password,
)
from xinglin.platform.identity.posts import RESERVED, Connection, Post
from xinglin.platform.identity.scopes import Scopes
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.platform")
Kind = Literal["staff", "patient", "service"]
"""Whose account it is."""


class AccountError(Exception):
    """An account cannot be made or changed as asked; the message says why."""


class WrongPassword(AccountError):
    """The present password is another one."""


@dataclass(frozen=True)
class Actor:
    """Who acts, as every command and audit row knows them.

    `practitioner` is a reference like `Practitioner/123`, `patient` like `Patient/123` for somebody who looks after
    their own record. `roles` are those of the `post` in force; where there is none, those of the account. `scopes`
    are what the key of a service lets it do at most; None for people.
    """

    account_id: str
    name: str
    login: str
    practitioner: str | None
    roles: tuple[str, ...]
    locale: str
    post: Post | None = None
    patient: str | None = None
    scopes: Scopes | None = None

    def limited(self, permissions: frozenset[str]) -> frozenset[str]:
        """Of the permissions that the roles give, those that the key leaves; all of them where there is no key."""
        return permissions if self.scopes is None else permissions & self.scopes.permissions


@dataclass(frozen=True)
class Account(Actor):
    """An account; one that is not active signs in nowhere, and a service has no password to sign in with."""

    active: bool = True
    kind: Kind = "staff"

    def at(self, post: Post) -> Self:
        """The same person in a post, with its roles; reserved ones only where the account has them itself."""
        roles = tuple(role for role in post.roles if role not in RESERVED or role in self.roles)
        return replace(self, post=replace(post, roles=roles), roles=roles)


def normal_login(login: str) -> str:
    """A login as it is kept: NFKC, no case, no surrounding space, so that look-alikes are one."""
    return unicodedata.normalize("NFKC", login).casefold().strip()


async def create_account(
    connection: Connection,
    *,
    login: str,
    name: str,
    password: str | None,
    roles: Sequence[str],
    practitioner: str | None = None,
    patient: str | None = None,
    kind: Kind = "staff",
    locale: str,
    now: datetime,
    rules: PasswordRules = USUAL,
    must_change: bool = False,
) -> Account:
    """Makes an account. That of a patient names the `patient`; that of a service has no password, and none has
    somebody who signs in elsewhere.

    With `must_change` the password opens nothing but the way to a new one.

    Raises `AccountError` where the login is taken or empty, `PasswordError` for a weak password.
    """
    login = normal_login(login)
    if not login or not name.strip():
        raise AccountError(_("An account needs a login and a name"))
    if (kind == "service" and password is not None) or (kind == "patient") != (patient is not None):
        raise AccountError(_("A service has no password, and the account of a patient names the patient"))
    if password is not None:
        check_password(password, login=login, rules=rules)
    values = {
        "id": str(uuid7()),
        "login": login,
        "name": name.strip(),
        "password": await hash_password(password) if password is not None else None,
        "roles": list(roles),
        "practitioner": practitioner,
        "patient": patient,
        "kind": kind,
        "must_change": must_change,
        "locale": locale,
        "now": now,
    }
    row = await (await connection.execute(queries.create_account, values)).fetchone()
    if row is None:
        raise AccountError(_("There is already an account {login}").format(login=login))
    return Account(row[0], name.strip(), login, practitioner, tuple(roles), locale, patient=patient, kind=kind)


async def read_account(connection: Connection, account_id: str) -> Account | None:
    """The account with an id, active or not; None where there is none."""
    row = await (await connection.execute(queries.read_account, {"account": account_id})).fetchone()
    return to_account(row) if row else None


async def find_account(connection: Connection, login: str) -> Account | None:
    """The account with a login, active or not; None where there is none."""
    cursor = await connection.execute(queries.find_account, {"login": normal_login(login)})
    row = await cursor.fetchone()
    return to_account(row) if row else None


def to_account(row: Sequence[Any]) -> Account:
    """An account from a row of `find_account`."""
    account, login, name, roles, practitioner, locale, active, kind, patient = row
    return Account(account, name, login, practitioner, tuple(roles), locale, patient=patient, active=active, kind=kind)


async def change_password(
    connection: Connection,
    account_id: str,
    *,
    old: str | None,
    new: str,
    now: datetime,
    rules: PasswordRules = USUAL,
    keep: bytes = b"",
) -> None:
    """Changes a password after the `old` one was proven, here or (None) before, and ends all sessions of the account
    but the one whose token has the digest `keep`, and whatever sign-in is under way.

    Raises `WrongPassword` where the old one is another, `PasswordError` where the new one is weak or was there before.
    """
    account = await read_account(connection, account_id)
    kept = await (await connection.execute(queries.lock_password, {"account": account_id})).fetchone()
    if account is None or kept is None or kept[0] is None:
        raise AccountError(_("This account is closed"))
    if old is not None and not await verify_password(kept[0], old):
        raise WrongPassword(_("The present password is wrong"))
    check_password(new, login=account.login, rules=rules)
    if await verify_password(kept[0], new):
        raise AccountError(_("The new password must differ from the present one"))
    values = {"account": account_id, "count": rules.history}
    former = await (await connection.execute(queries.former_passwords, values)).fetchall()
    await check_former(new, [row[0] for row in former])
    await _set_password(connection, account_id, new, now, rules, must_change=False)
    await connection.execute(queries.close_sessions, {"account": account_id, "except": keep})
    await connection.execute(queries.close_steps, {"account": account_id})


async def reset_password(
    connection: Connection, account_id: str, password: str, *, now: datetime, rules: PasswordRules = USUAL
) -> None:
    """Gives an account a password that must be changed at the next sign-in, and ends its sessions.

    Raises `AccountError` where there is no such account or it has no password, `PasswordError` for a weak one.
    """
    account = await read_account(connection, account_id)
    if account is None or account.kind == "service":
        raise AccountError(_("There is no such account with a password"))
    check_password(password, login=account.login, rules=rules)
    await _set_password(connection, account_id, password, now, rules, must_change=True)
    await connection.execute(queries.close_sessions, {"account": account_id, "except": b""})
    await connection.execute(queries.close_steps, {"account": account_id})


async def _set_password(
    connection: Connection, account_id: str, password: str, now: datetime, rules: PasswordRules, *, must_change: bool
) -> None:
    values = {
        "account": account_id,
        "password": await hash_password(password),
        "now": now,
        "must_change": must_change,
        "count": rules.history,
    }
    await connection.execute(queries.set_password, values)
    await connection.execute(queries.forget_former_passwords, values)


async def password_due(connection: Connection, account_id: str, now: datetime, rules: PasswordRules = USUAL) -> bool:
    """Whether the password must be changed before anything else: it is somebody else's choice, or too old."""
    row = await (await connection.execute(queries.password_state, {"account": account_id})).fetchone()
    if row is None:
        return False
    return bool(row[0]) or (rules.age is not None and now - row[1] >= rules.age)


async def change_account(connection: Connection, account_id: str, *, name: str, roles: Sequence[str]) -> None:
    """Changes the name and the roles of an account."""
    await connection.execute(queries.change_account, {"account": account_id, "name": name, "roles": list(roles)})


async def accounts_of(connection: Connection, practitioner: str) -> list[Account]:
    """The accounts of a practitioner, such as `Practitioner/1`."""
    rows = await (await connection.execute(queries.accounts_of, {"practitioner": practitioner})).fetchall()
    return [to_account(row) for row in rows]


async def set_locale(connection: Connection, account_id: str, locale: str) -> None:
    """Remembers the language of an account."""
    await connection.execute(queries.set_locale, {"account": account_id, "locale": locale})


async def set_active(connection: Connection, account_id: str, *, active: bool) -> None:
    """Closes or reopens an account; closing ends its sessions."""
    await connection.execute(queries.set_active, {"account": account_id, "active": active})
    if not active:
        await connection.execute(queries.close_sessions, {"account": account_id, "except": b""})
        await connection.execute(queries.close_steps, {"account": account_id})
