"""Time stamps over signatures (RFC 3161): awaited, fetched by the worker, kept in the Provenance, told in a verdict."""

import base64
import binascii
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import Field

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.crypto.timestamps import MEDIA_TYPE, Authority, StampError
from xinglin.platform.i18n import gettext as _
from xinglin.platform.settings import Settings

KIND = build.coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.18", "Timestamp Signature")
AWAITING = build.coding("urn:xinglin:code:time-stamp", "awaiting")

ASTRAY = timedelta(minutes=5)
"""How far the server's clock may be ahead of the authority's before a signature is doubted."""

authority = lru_cache(4)(Authority.of)


class UnstampedRow(Row):
    """A signature that no authority has stamped."""

    message: str = Field(title=N_("Signature"))


@view(
    "signing.unstamped",
    title=N_("Signatures without time stamp"),
    permission="signing.stamp",
    row=UnstampedRow,
    empty=N_("All signatures are stamped"),
)
async def unstamped(context: Context, filter: Filter) -> Page[UnstampedRow]:
    """Signatures that await a time stamp, the oldest first, with what is to be stamped in base64."""
    tag = f"{AWAITING['system']}|{AWAITING['code']}"
    found = await context.search("Provenance", [("_tag", tag), ("_sort", "recorded"), ("_count", str(filter.limit))])
    held = [(each, (each.get("signature") or [{}])[0].get("data")) for each in found.resources]
    return Page([UnstampedRow(key=f"Provenance/{each['id']}", message=data) for each, data in held if data])


class AddStamp(Input):
    """An authority's answer over a signature's data, DER in base64."""

    signature: str = Field(title=N_("Signature"), pattern=r"^Provenance/[A-Za-z0-9.-]{1,64}$")
    answer: str = Field(title=N_("Time stamp"), max_length=100_000)


@command("signing.stamp", title=N_("Add time stamp"), permission="signing.stamp", done=N_("Time stamp added"))
async def stamp(context: Context, input: AddStamp) -> Resource:
    """Adds an authority's time stamp to a signature. Refused when it does not fit, or there is one already."""
    provenance = await context.read(input.signature, lock=True)
    asked = authority(context.settings)
    if asked is None:
        raise Refused(_("The settings name no authority for time stamps"))
    if _stamp_in(provenance) is not None:
        raise Refused(_("This signature has a time stamp"), expression="signature")
    try:
        said = asked.check(base64.b64decode(input.answer, validate=True), _message(provenance))
    except (StampError, binascii.Error) as error:
        raise Refused(str(error), expression="answer") from None
    added = {
        "type": [KIND],
        "when": build.instant(said.at),
        "who": {"display": said.authority},
        "sigFormat": MEDIA_TYPE,
        "data": input.answer,
    }
    tags = [tag for tag in provenance["meta"].get("tag") or () if tag != AWAITING]
    meta = {**provenance["meta"], "tag": tags}
    return await context.update({**provenance, "meta": meta, "signature": [*provenance["signature"], added]})


def told(settings: Settings, provenance: Resource, message: bytes, signed: datetime) -> tuple[str, str]:
    """What a signature's time stamp says in words, and what is wrong with it; empty where there is none.

    `signed` is when the signature itself says that it was made.
    """
    held = _stamp_in(provenance)
    if held is None:
        return "", ""
    asked = authority(settings)
    if asked is None:
        return _("It bears a time stamp; the settings name nobody by whom it could be checked"), ""
    try:
        said = asked.check(base64.b64decode(held["data"]), message)
    except (StampError, binascii.Error, KeyError) as error:
        return "", _("Its time stamp is false: {reason}").format(reason=error)
    text = _("stamped by {authority} at {time}").format(authority=said.authority, time=build.instant(said.at))
    late = signed - said.at > ASTRAY
    return text, _("It says that it was made after it had been stamped") if late else ""


def _message(provenance: Resource) -> bytes:
    return base64.b64decode(provenance["signature"][0]["data"])


def _stamp_in(provenance: Resource) -> Resource | None:
    return next((each for each in provenance["signature"][1:] if KIND["code"] in _codes(each)), None)


def _codes(signature: Resource) -> list[str]:
    return [str(coding.get("code")) for coding in signature.get("type") or ()]
