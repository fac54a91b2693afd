"""Phrases that a few letters stand for: a doctor's own, and those of a department.

They are the concepts of a CodeSystem for each owner: the letters are the code, the text its definition.
"""

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.fhir.outcome import Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page, Row, RowAction, SearchText, view
from xinglin.platform.i18n import gettext as _

MOST = 500
"""Phrases of one owner."""
SHOWN = 40
"""Characters of a text that stand for it."""
HIDDEN: JsonDict = {"widget": "hidden"}
SHORTCUT = r"^[A-Za-z0-9一-鿿]{1,20}$"


def owner_of(context: Context, shared: bool) -> str:
    """Whose phrases are meant: the reference of the signed-in doctor, or of the department of the post in force.

    Raises:
        Refused: the account belongs to no doctor, or the post to no department.
    """
    owner = department_of(context) if shared else context.actor.practitioner
    if not owner:
        raise Refused(_("Your account belongs to no department") if shared else _("Your account is nobody's"))
    return owner


def department_of(context: Context) -> str | None:
    """The department of the post in force, as `Organization/1`."""
    post = context.actor.post
    return post.department if post else None


def _id(owner: str) -> str:
    return f"phrases-{owner.partition('/')[2]}"[:64]


async def _held(context: Context, owner: str, *, lock: bool = False) -> Resource | None:
    try:
        return await context.read(f"CodeSystem/{_id(owner)}", lock=lock)
    except (NotFound, Gone):
        return None


async def _write(context: Context, owner: str, held: Resource | None, concepts: list[Resource]) -> Resource:
    if held is not None:
        return await context.update({**held, "concept": concepts, "count": len(concepts)})
    id = _id(owner)
    return await context.create(
        {
            "resourceType": "CodeSystem",
            "id": id,
            "url": f"urn:xinglin:phrases:{owner.partition('/')[2]}",
            "name": "Phrases",
            "title": "常用语",
            "status": "active",
            "content": "complete",
            "count": len(concepts),
            "concept": concepts,
        },
        id=id,
    )


class Phrase(Input):
    """A phrase by its letters."""

    shortcut: str = Field(title=N_("Letters"), pattern=SHORTCUT, json_schema_extra=HIDDEN)
    shared: bool = Field(False, title=N_("For the whole department"), json_schema_extra=HIDDEN)


class KeepPhrase(Input):
    """A phrase with its text; `___` marks a blank that Tab leads to."""

    shortcut: str = Field(
        title=N_("Letters"),
        pattern=SHORTCUT,
        json_schema_extra={"hint": N_("1 to 20 letters, digits or Chinese characters")},
    )
    text: str = Field(title=N_("Text"), min_length=1, max_length=2000, json_schema_extra=MULTILINE)
    shared: bool = Field(False, title=N_("For the whole department"))


@command(
    "outpatient.keep_phrase",
    title=N_("Keep phrase"),
    permission="outpatient.treat",
    done=N_("Phrase kept"),
    tone="primary",
)
async def keep_phrase(context: Context, input: KeepPhrase) -> Resource:
    """Keeps a phrase under its letters, the caller's own or the department's; an older one of these letters goes."""
    owner = owner_of(context, input.shared)
    await context.lock(f"phrases-{owner}")
    held = await _held(context, owner, lock=True)
    concepts = [item for item in (held or {}).get("concept") or () if item["code"] != input.shortcut]
    if len(concepts) >= MOST:
        raise Refused(_("There are {count} phrases already; remove some first").format(count=MOST))
    display = " ".join(input.text.split())[:SHOWN]
    concepts.append({"code": input.shortcut, "display": display, "definition": input.text})
    return await _write(context, owner, held, sorted(concepts, key=lambda item: str(item["code"])))


@command(
    "outpatient.drop_phrase",
    title=N_("Remove"),
    permission="outpatient.treat",
    done=N_("Phrase removed"),
)
async def drop_phrase(context: Context, input: Phrase) -> Resource:
    """Removes a phrase, the caller's own or the department's."""
    owner = owner_of(context, input.shared)
    await context.lock(f"phrases-{owner}")
    held = await _held(context, owner, lock=True)
    kept = [item for item in (held or {}).get("concept") or () if item["code"] != input.shortcut]
    if held is None or len(kept) == len(held.get("concept") or ()):
        raise Refused(_("There is no phrase {shortcut}").format(shortcut=input.shortcut), expression="shortcut")
    if not kept:
        held = {name: value for name, value in held.items() if name != "concept"}
        return await context.update({**held, "count": 0})
    return await _write(context, owner, held, kept)


class PhraseRow(Row):
    """A phrase."""

    shortcut: str = Field(title=N_("Letters"))
    text: str = Field(title=N_("Text"))
    scope: str = Field(title=N_("Whose"))
    shared: bool = Field(title=N_("For the whole department"), json_schema_extra={"hidden": True})


@view(
    "outpatient.phrases",
    title=N_("Phrases"),
    permission="outpatient.treat",
    row=PhraseRow,
    actions=(RowAction("outpatient.drop_phrase", {"shortcut": "shortcut", "shared": "shared"}),),
    empty=N_("No phrase of these letters"),
)
async def phrases(context: Context, filter: SearchText) -> Page[PhraseRow]:
    """The doctor's own phrases and those of the department whose letters begin with the text, or that contain it; the
    shortest letters first, one's own before the department's."""
    wanted = filter.text.strip().casefold()
    rows = []
    for shared, owner in ((False, context.actor.practitioner), (True, department_of(context))):
        held = await _held(context, owner) if owner else None
        for item in (held or {}).get("concept") or ():
            code, text = str(item["code"]), str(item.get("definition", ""))
            if code.casefold().startswith(wanted) or wanted in text.casefold():
                scope = _("Department") if shared else _("My own")
                rows.append(PhraseRow(key=f"{shared}-{code}", shortcut=code, text=text, scope=scope, shared=shared))
    rows.sort(key=lambda row: (not row.shortcut.casefold().startswith(wanted), len(row.shortcut), row.shared))
    return Page(rows[: filter.limit], total=len(rows))
