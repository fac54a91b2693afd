"""Posts to the books and reads them, inside the caller's transaction.

An entry moves amounts between accounts and sums to zero in each unit: money by ISO 4217 currency, stock by item
code. The database enforces this (see `schema.sql`); what is checked here as well is checked for a clearer message,
before the transaction is spoilt.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg

from xinglin.store.sql import load_queries

DECIMALS = {"money": 2, "stock": 6}
_LARGEST = Decimal(10) ** 17
LAST_POSTING = 2**63 - 1
queries = load_queries("xinglin.ledger")

Line = tuple[str, Decimal | int, str]
"""Account code, amount (positive: into the account), unit."""


class LedgerError(Exception):
    """The books refuse; nothing was written and the transaction can go on."""


class UnknownAccount(LedgerError):
    """An account or an entry does not exist, or is not of the unit named."""


class Unbalanced(LedgerError):
    """The lines do not sum to zero, or an amount is not one."""


class InsufficientBalance(LedgerError):
    """An account that cannot go below zero would: `account`, `available`, `wanted`, `unit` say by how much."""

    def __init__(self, account: str, available: Decimal, wanted: Decimal, unit: str) -> None:
        super().__init__(f"{account} holds {available.normalize():f} {unit}, but {wanted.normalize():f} are needed.")
        self.account, self.available, self.wanted, self.unit = account, available, wanted, unit


class AlreadyReversed(LedgerError):
    """An entry was reversed before, or is itself a reversal."""


@dataclass(frozen=True)
class Account:
    """An account as it is now."""

    code: str
    kind: Literal["money", "stock"]
    unit: str
    floor_zero: bool
    balance: Decimal


@dataclass(frozen=True)
class StatementLine:
    """One posting of an account; `balance` is what the account held after it; `id` pages through a statement."""

    id: int
    entry: int
    at: datetime
    reference: str
    memo: str
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Movement:
    """A posting with the account that it belongs to."""

    line: StatementLine
    account: str


class Books:
    """The books, on a connection in a transaction that the caller commits. `now` dates the entries."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], *, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def open_account(
        self, code: str, kind: Literal["money", "stock"], unit: str, *, floor_zero: bool = False
    ) -> Account:
        """Makes an account, or finds it if it is there already with the same kind, unit and floor.

        `floor_zero`: the balance may never be negative (a drawer, a shelf). Raises `LedgerError` for one that differs.
        """
        wanted = {"code": code, "kind": kind, "unit": unit, "floor_zero": floor_zero}
        try:
            async with self._connection.transaction():
                await self._connection.execute(queries.open_account, wanted)
        except psycopg.errors.CheckViolation as error:
            raise LedgerError(
                f"Account {code!r} of {kind!r} in {unit!r} cannot be opened: a code and a unit are needed, kind is "
                f"'money' (unit: ISO 4217, like CNY) or 'stock' (unit: item code)."
            ) from error
        account = await self.account(code)
        if (account.kind, account.unit, account.floor_zero) != (kind, unit, floor_zero):
            raise LedgerError(f"Account {code} exists as {account.kind} in {account.unit}, floor {account.floor_zero}.")
        return account

    async def account(self, code: str) -> Account:
        """One account. Raises `UnknownAccount`."""
        row = await (await self._connection.execute(queries.read_account, {"code": code})).fetchone()
        if row is None:
            raise UnknownAccount(f"There is no account {code}.")
        return Account(*row)

    async def balance(self, code: str) -> Decimal:
        """What an account holds. Raises `UnknownAccount`."""
        return (await self.account(code)).balance

    async def balances(self, codes: Sequence[str]) -> dict[str, Decimal]:
        """What accounts hold, by code, in one round trip; those that do not exist are absent."""
        rows = await self._connection.execute(queries.balances, {"codes": sorted(set(codes))})
        return {code: balance async for code, balance in rows}

    async def lock(self, *codes: str) -> None:
        """Locks accounts, in the order that all use, for a transaction that will post more than one entry.

        Without it two such transactions could wait for each other; PostgreSQL would end one of them.
        """
        await self._locked(codes)

    async def post(self, reference: str, lines: Sequence[Line], *, memo: str = "") -> int:
        """Writes an entry and returns its id.

        `reference` names what it is for, like 'Invoice/123'. Raises `Unbalanced`, `UnknownAccount` and
        `InsufficientBalance`, each before anything is written.
        """
        return await self._post(reference, lines, memo, reverses=None)

    async def reverse(self, entry: int, *, memo: str = "") -> int:
        """Writes the mirror of an entry, under the same reference, and returns its id.

        Raises `AlreadyReversed` the second time and for a reversal, `UnknownAccount` for no such entry, and
        `InsufficientBalance` where what came in has meanwhile gone.
        """
        found = await (await self._connection.execute(queries.lock_entry, {"entry": entry})).fetchone()
        if found is None:
            raise UnknownAccount(f"There is no entry {entry}.")
        reference, reverses, reversal = found
        if reverses is not None:
            raise AlreadyReversed(f"Entry {entry} is itself the reversal of {reverses}; post a new entry instead.")
        # A reversal that committed while we waited for the lock is newer than what the first reading could see.
        again = await (await self._connection.execute(queries.lock_entry, {"entry": entry})).fetchone()
        reversal = again[2] if again else reversal
        if reversal is not None:
            raise AlreadyReversed(f"Entry {entry} was already reversed by entry {reversal}.")
        rows = await (await self._connection.execute(queries.entry_lines, {"entry": entry})).fetchall()
        return await self._post(reference, [(code, -amount, unit) for code, amount, unit in rows], memo, reverses=entry)

    async def statement(
        self,
        code: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[StatementLine]:
        """The postings of an account in the order they were made, at most `limit` after the line with id `after`.

        `since` is included, `until` is not. Raises `UnknownAccount`.
        """
        await self.account(code)
        arguments = {"code": code, "since": since, "until": until, "after": after, "limit": limit}
        return [StatementLine(*row) async for row in await self._connection.execute(queries.statement, arguments)]

    async def holdings(self, codes: Sequence[str]) -> dict[str, Decimal]:
        """What the accounts with these codes hold, and those below them (`stock:shelf:A` holds `stock:shelf:A:1`), in
        the order of their codes; those that hold nothing are absent."""
        rows = await self._connection.execute(queries.holdings, {"codes": sorted(set(codes))})
        return {code: balance async for code, balance in rows}

    async def moved(self, reference: str) -> dict[str, Decimal]:
        """What the entries with this reference have moved in all, by account; what they moved back is absent."""
        rows = await self._connection.execute(queries.moved, {"reference": reference})
        return {code: amount async for code, amount in rows}

    async def movements(self, code: str, *, before: int | None = None, limit: int = 100) -> list[Movement]:
        """The postings of an account and of those below it, the newest first, from before the one with id `before`."""
        arguments = {"code": code, "before": before or LAST_POSTING, "limit": limit}
        rows = await self._connection.execute(queries.movements, arguments)
        return [Movement(StatementLine(*row[:-1]), row[-1]) async for row in rows]

    async def faults(self) -> list[str]:
        """Accounts whose balance is not the sum of their postings; an empty list is the proof of the books."""
        rows = await self._connection.execute(queries.faults)
        return [f"{code}: balance {balance}, postings {total}" async for code, balance, total in rows]

    async def _locked(self, codes: Sequence[str]) -> dict[str, tuple[int, Account]]:
        rows = await self._connection.execute(queries.lock_accounts, {"codes": sorted(set(codes))})
        found = {row[0]: (row[1], Account(row[0], *row[2:])) async for row in rows}
        missing = sorted(set(codes) - set(found))
        if missing:
            raise UnknownAccount(f"There is no account {', '.join(missing)}.")
        return found

    async def _post(self, reference: str, lines: Sequence[Line], memo: str, *, reverses: int | None) -> int:
        _check_lines(reference, lines)
        accounts = await self._locked([code for code, _, _ in lines])
        _check_against(accounts, lines)
        # So that an account with two lines does not dip below its floor between them.
        arriving_first = sorted(lines, key=lambda line: -line[1])
        arguments = {
            "at": self._now,
            "reference": reference,
            "memo": memo,
            "reverses": reverses,
            "accounts": [accounts[code][0] for code, _, _ in arriving_first],
            "amounts": [amount for _, amount, _ in arriving_first],
        }
        row = await (await self._connection.execute(queries.post, arguments)).fetchone()
        if row is None:
            raise LedgerError("The entry was not written.")
        return int(row[0])


def _check_lines(reference: str, lines: Sequence[Line]) -> None:
    """Refuses what no state of the accounts could make right."""
    if not reference:
        raise Unbalanced("An entry needs a reference to what it is for.")
    if len(lines) < 2:
        raise Unbalanced("An entry needs at least two lines.")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for code, amount, unit in lines:
        if not _exact(amount) or not 0 < abs(Decimal(amount)) < _LARGEST:
            raise Unbalanced(f"{code}: the amount must be a Decimal other than zero, below 10^17; not {amount!r}.")
        sums[unit] += amount
    wrong = [f"{total} {unit}" for unit, total in sums.items() if total]
    if wrong:
        raise Unbalanced(f"The lines must sum to zero in each unit, but leave {', '.join(wrong)}.")


def _exact(amount: Decimal | int) -> bool:
    """Whether an amount can be booked: a finite Decimal or a whole number, never a float."""
    return type(amount) is int or (isinstance(amount, Decimal) and amount.is_finite())


def _check_against(accounts: dict[str, tuple[int, Account]], lines: Sequence[Line]) -> None:
    """Refuses lines that do not fit their accounts."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for code, amount, unit in lines:
        account = accounts[code][1]
        if account.unit != unit:
            raise UnknownAccount(f"Account {code} is kept in {account.unit}, not in {unit}.")
        if amount != round(amount, DECIMALS[account.kind]):
            raise Unbalanced(f"{code}: {amount} has more than {DECIMALS[account.kind]} decimals.")
        moved[code] += amount
    for code, amount in moved.items():
        account = accounts[code][1]
        if account.floor_zero and account.balance + amount < 0:
            raise InsufficientBalance(code, account.balance, -amount, account.unit)
