"""The page on which signatures of a document are looked at."""

import re
from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.signing import signatures, views
from xinglin.capabilities.signing.commands import state_text, value_text
from xinglin.capabilities.signing.signatures import GONE, UNSEEN, Target
from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, patient_of, reference
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


@screen(
    "signing.signatures",
    title=N_("Signatures"),
    path="/signatures",
    permission="signing.verify",
    template="signing/signatures.html",
)
async def page(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """The signatures of a document, each with what became of what was signed.

    Query: `document` is what was signed, as `Composition/1`.
    """
    document = query.get("document", "")
    if not re.fullmatch(views.DOCUMENT, document):
        raise NotFound(_("The address names no document, such as Composition/1"))
    resource = await context.read(document)
    found = await views.of_document(context, document)
    patient = patient_of(resource)
    return {
        "document": document,
        "title": str(resource.get("title") or document),
        "patient": await context.read(patient) if patient else None,
        "patient_reference": patient,
        "signatures": [await _shown(context, each) for each in found],
    }


async def _title(context: Context, target: Target) -> str:
    """What a person calls what was signed: the title of a document, a diagnosis, a medicine."""
    type, id, *_rest = target.reference.split("/")
    if target.state in (GONE, UNSEEN):
        return target.reference
    resource = await context.read(f"{type}/{id}")
    concepts = (resource.get(name) for name in ("code", "medicationCodeableConcept", "type"))
    texts = [build.concept_text(each) for each in concepts if isinstance(each, dict)]
    return str(resource.get("title") or next(filter(None, texts), target.reference))


async def _shown(context: Context, provenance: Resource) -> dict[str, Any]:
    verdict = await signatures.verified(context, provenance)
    return {
        "reference": reference(provenance),
        "signer": provenance["signature"][0]["who"].get("display") or verdict.signer,
        "verdict": verdict,
        "targets": [
            {
                "text": state_text(target),
                "version": target.reference,
                "title": await _title(context, target),
                "state": target.state,
                "rows": [(each.path, value_text(each.before), value_text(each.after)) for each in target.differences],
            }
            for target in verdict.targets
        ],
    }
