"""`$validate`: what would be wrong with a resource, without storing it (FHIR R4, Resource, $validate)."""

from collections.abc import Iterable
from functools import partial

from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.exchange.fhir.responses import base_url, information
from xinglin.fhir.fhirpath import FhirPathError
from xinglin.fhir.fhirpath.environment import MemberOf
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.outcome import BadRequest, Issue, operation_outcome
from xinglin.fhir.search.custom import faults
from xinglin.fhir.types import Resource
from xinglin.fhir.validation import validate
from xinglin.fhir.validation.profiles import Profiles
from xinglin.store.bindings import decided
from xinglin.store.profiles import gather_profiles
from xinglin.terminology.bindings import members

MODES = ("create", "update", "delete")


async def handle(call: Call) -> Resource:
    """An OperationOutcome with every issue; the answer is a success also where the resource is not valid."""
    mode = call.inputs.text("mode")
    if mode is not None and mode not in MODES:
        raise BadRequest(f"mode={mode} is not supported; accepted are: {', '.join(MODES)}", code="not-supported")
    resource = call.inputs.structure("resource")
    if mode == "delete":
        if call.id is None or call.type is None:
            raise BadRequest("mode=delete needs the resource: /Type/id/$validate?mode=delete")
        await call.repository.read(call.type, call.id)
        return information(f"{call.type}/{call.id} can be deleted")
    if resource is None:
        if call.id is None or call.type is None:
            raise BadRequest("The parameter resource is missing", code="required")
        resource = await call.repository.read(call.type, call.id)
    issues = _issues(call, resource, mode)
    if not any(issue.severity == "error" for issue in issues):
        issues += await _against_profiles(call, resource)
    return operation_outcome(issues) if issues else information("No issues were found")


def _issues(call: Call, resource: Resource, mode: str | None) -> list[Issue]:
    if resource.get("resourceType") != call.type:
        text = f"The request is for {call.type}, the resource is {resource.get('resourceType')!r}"
        return [Issue("error", "invalid", text, "Resource")]
    issues = validate(resource) or faults(resource)
    if mode == "update" and not resource.get("id"):
        issues.append(Issue("error", "required", "An update needs the id of the resource", f"{call.type}.id"))
    if call.id is not None and resource.get("id", call.id) != call.id:
        issues.append(Issue("error", "invalid", f"The request is for the id {call.id}", f"{call.type}.id"))
    return issues


async def _against_profiles(call: Call, resource: Resource) -> list[Issue]:
    """Breaches of the profile that the caller names, else of those that the resource claims; with their bindings, and
    with the resources that it refers to, as far as the caller may read them."""
    named = call.inputs.text("profile")
    claimed = (resource.get("meta") or {}).get("profile") or []
    held = await gather_profiles(call.repository.connection, [named] if named else claimed)
    targets: dict[str, Resource | None] = {}
    sought: set[str] = set()

    def find(reference: str) -> Resource | None:
        sought.add(reference)
        return targets.get(reference)

    profiles = Profiles(held.get, resolve_reference=find)

    def check(resource: Resource, member_of: MemberOf) -> list[Issue]:
        return profiles.asking(member_of).validate(resource, [named] if named else None)

    try:
        while True:
            (issues,) = await decided([resource], check, partial(members, call.repository), {})
            if not (new := sought - targets.keys()):
                return issues
            targets |= await _read(call, new)
    except FhirPathError as error:
        raise BadRequest(f"The profile cannot be used: {error}", code="not-supported") from error


async def _read(call: Call, references: Iterable[str]) -> dict[str, Resource | None]:
    """The resources of this server that are referred to; None for others."""
    base = base_url(call.request)
    local = {reference: reference.removeprefix(base) for reference in references}
    names = {reference: target_of(name) for reference, name in local.items() if ":" not in name}
    found = await call.repository.read_many(list({name for name in names.values() if name}))
    return {reference: found.get("/".join(names.get(reference) or ())) for reference in local}


VALIDATE = Operation("validate", (TYPE, INSTANCE), handle, parameters=("resource", "mode", "profile"))
