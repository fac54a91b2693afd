"""Lists of signatures."""

from pydantic import Field

from xinglin.capabilities.signing.signatures import verified
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _

DOCUMENT = r"^[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}$"


class OfDocument(Filter):
    """What was signed."""

    document: str = Field(title=N_("Document"), pattern=DOCUMENT)


class SignatureRow(Row):
    """One signature, and what can be said of it now."""

    signer: str = Field(title=N_("Signed by"))
    at: str = Field(title=N_("Signed at"))
    algorithm: str = Field(title=N_("Algorithm"))
    stamped: str = Field(title=N_("Time stamp"))
    verdict: str = Field(title=N_("Verdict"))
    changes: int = Field(title=N_("Elements changed since"), json_schema_extra={"kind": "number"})


@view(
    "signing.signatures",
    title=N_("Signatures"),
    permission="signing.verify",
    row=SignatureRow,
    empty=N_("Nobody has signed this"),
)
async def signatures(context: Context, filter: OfDocument) -> Page[SignatureRow]:
    """The signatures of a document, the latest first, each verified."""
    found = await of_document(context, filter.document, filter.limit)
    return Page([await _row(context, each) for each in found], total=len(found))


async def of_document(context: Context, document: str, limit: int = 50) -> list[Resource]:
    """The Provenances with the signatures of a document, the latest first."""
    query = [("target", document), ("signature-type:missing", "false"), ("_sort", "-recorded"), ("_count", str(limit))]
    return (await context.search("Provenance", query)).resources


async def _row(context: Context, provenance: Resource) -> SignatureRow:
    verdict = await verified(context, provenance)
    signer = provenance["signature"][0]["who"].get("display") or verdict.signer
    return SignatureRow(
        key=f"Provenance/{provenance['id']}",
        signer=signer,
        at=verdict.at,
        algorithm=verdict.algorithm,
        stamped=verdict.stamped,
        verdict=verdict.fault or (_("fits") if verdict.sound else _("not what was signed")),
        changes=sum(len(target.differences) for target in verdict.targets),
    )
