"""Stock by batch: accounts of the ledger, one for each place, medicine, expiry and lot, counted in packs.

The code of an account is `stock:place:medicine:expiry:lot`, so that the books themselves keep batches in the order in
which they expire. Accounts without a batch are of houses that had none: their expiry is not known, and they go first.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from xinglin.fhir import build
from xinglin.fhir.types import Json
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.ledger import InsufficientBalance
from xinglin.platform.i18n import gettext as _

WINDOW, WARD, STORE = "window", "ward", "store"
RESERVED, TRANSIT, DISPENSED, SUPPLIER = "reserved", "transit", "dispensed", "supplier"
LOSS, DIFFERENCE = "loss", "difference"
PLACES = {STORE: "药库", WINDOW: "门诊药房", WARD: "住院药房"}
"""Places where stock lies, by their code."""

OUTSIDE = frozenset({DISPENSED, SUPPLIER, LOSS, DIFFERENCE})
"""Where stock comes from or goes to; all others can't hold less than nothing."""

LOT = re.compile(r"[A-Za-z0-9\-./]{1,40}")
BATCH = "urn:xinglin:extension:batch"


@dataclass(frozen=True)
class Batch:
    """Packs of a batch at a place. `expiry` None and `lot` blank: of a house that kept no batches."""

    place: str
    code: str
    expiry: date | None
    lot: str
    packs: Decimal = Decimal(0)

    @property
    def account(self) -> str:
        """Its account in the ledger."""
        whole = stock_account(self.place, self.code)
        return whole if self.expiry is None else f"{whole}:{self.expiry:%Y%m%d}:{self.lot}"

    @property
    def key(self) -> str:
        """What names the batch among those of its place: `medicine:expiry:lot`."""
        return self.account.split(":", 2)[2]

    def at(self, place: str) -> "Batch":
        """The same batch elsewhere."""
        return replace(self, place=place)

    def expired(self, today: date) -> bool:
        """Whether it may not be given out any more; on the day of its expiry it still may."""
        return self.expiry is not None and self.expiry < today


def stock_account(place: str, code: str) -> str:
    """The ledger account of a medicine at a place, below which its batches have theirs."""
    return f"stock:{place}:{code}"


def parse(account: str, packs: Decimal = Decimal(0)) -> Batch:
    """The batch of an account."""
    _stock, place, code, *rest = account.split(":", 4)
    if not rest:
        return Batch(place, code, None, "", packs)
    return Batch(place, code, date.fromisoformat(rest[0]), rest[1], packs)


def parse_key(place: str, key: str) -> Batch:
    """The batch that a `key` names at a place.

    Raises:
        Refused: it names none.
    """
    try:
        return parse(f"stock:{place}:{key}")
    except (ValueError, IndexError):
        text = _("“{key}” is no batch; one is written medicine:expiry:lot").format(key=key)
        raise Refused(text, expression="batch") from None


async def held(context: Context, place: str, codes: Iterable[str]) -> dict[str, list[Batch]]:
    """What a place holds of some medicines, by code; of each the batch first that expires first."""
    found: dict[str, list[Batch]] = {}
    for account, packs in (await context.books.holdings([stock_account(place, code) for code in codes])).items():
        batch = parse(account, packs)
        found.setdefault(batch.code, []).append(batch)
    return found


def usable(batches: Iterable[Batch], today: date) -> Decimal:
    """Packs that have not expired."""
    return sum((each.packs for each in batches if not each.expired(today)), Decimal(0))


def pick(batches: Sequence[Batch], packs: Decimal, today: date) -> list[Batch]:
    """The batches to take `packs` from, the first to expire first, each with how many; [] where they don't suffice."""
    picked, missing = [], packs
    for batch in sorted((each for each in batches if not each.expired(today)), key=_order):
        taken = min(batch.packs, missing)
        if taken > 0:
            picked.append(replace(batch, packs=taken))
            missing -= taken
    return picked if missing <= 0 else []


def _order(batch: Batch) -> tuple[date, str]:
    return batch.expiry or date.min, batch.lot


async def lock(context: Context, place: str, codes: Iterable[str]) -> None:
    """Lets nobody else choose batches of these medicines at a place before this transaction ends."""
    for code in sorted(set(codes)):
        await context.lock(stock_account(place, code))


async def take(context: Context, place: str, code: str, packs: Decimal) -> list[Batch]:
    """The batches of a place to take from, under its lock; [] where they don't suffice."""
    await lock(context, place, [code])
    return pick((await held(context, place, [code])).get(code, []), packs, context.today)


async def move(context: Context, reference: str, moved: Sequence[Batch], to: str, memo: str) -> None:
    """Books batches from where they are to another place.

    Raises:
        Refused: there are not so many; the message names the batch and what there is.
    """
    postings = []
    for batch in moved:
        for place in (batch.place, to):
            floor = place not in OUTSIDE
            await context.books.open_account(batch.at(place).account, "stock", batch.code, floor_zero=floor)
        postings += [(batch.account, -batch.packs, batch.code), (batch.at(to).account, batch.packs, batch.code)]
    try:
        await context.books.post(reference, postings, memo=memo)
    except InsufficientBalance as error:
        batch = parse(error.account)
        raise Refused(
            _("{medicine}, batch {lot}: {wanted} needed, {held} in stock").format(
                medicine=batch.code,
                lot=batch.lot or "—",
                wanted=f"{error.wanted.normalize():f}",
                held=f"{error.available.normalize():f}",
            )
        ) from error


async def moved_to(context: Context, reference: str, place: str) -> list[Batch]:
    """The batches that entries with a reference have brought to a place and not taken away again."""
    return [
        batch
        for account, packs in (await context.books.moved(reference)).items()
        if (batch := parse(account, packs)).place == place and packs > 0
    ]


def batch_extension(batch: Batch) -> Json:
    """A batch with how many packs of it, as an extension of what was given out of it."""
    parts: list[Json] = [{"url": "quantity", "valueDecimal": batch.packs}]
    if batch.expiry is not None:
        parts += [{"url": "lot", "valueString": batch.lot}, {"url": "expiry", "valueDate": batch.expiry.isoformat()}]
    return {"url": BATCH, "extension": parts}


def batch_texts(resource: Json) -> list[str]:
    """The batches of something given out, as people read them."""
    found = []
    for each in resource.get("extension") or ():
        if each.get("url") == BATCH:
            parts = {part["url"]: part for part in each["extension"]}
            lot = parts.get("lot", {}).get("valueString", "—")
            expiry = parts.get("expiry", {}).get("valueDate", "")
            found.append(f"{lot} {expiry} × {build.amount({'value': parts['quantity']['valueDecimal']}).normalize():f}")
    return found
