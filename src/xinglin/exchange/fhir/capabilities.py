"""The CapabilityStatement, made from what is registered: it can't promise what the server does not do."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from xinglin.exchange.fhir.formats import FORMATS
from xinglin.exchange.fhir.operations.bundled import permitted
from xinglin.exchange.fhir.operations.registry import Operation
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.search import R4, Parameter, SearchParameters, parameters
from xinglin.fhir.search.criteria import CURRENT, DEEPEST
from xinglin.fhir.search.expressions import OPERATORS
from xinglin.fhir.search.grammar import RESULT_PARAMETERS
from xinglin.fhir.search.registry import compartments
from xinglin.fhir.search.results import CONTAINED, CONTAINED_TYPES
from xinglin.fhir.search.values import MODIFIERS
from xinglin.fhir.types import Resource
from xinglin.store import patch
from xinglin.store.candidates import MOST
from xinglin.store.subscribing import CHANNEL, PAYLOADS, TYPE
from xinglin.store.topics import BACKPORT, BY_TYPE, CONTENTS, Topics

_INTERACTIONS = (
    *("read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"),
)

_SYSTEM = ("transaction", "batch", "history-system", "search-system")
_COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition/"
_EVERYWHERE = {
    "_content": {"type": "string", "documentation": f"Words in all texts; looks into {MOST:,} resources at most"},
    "_text": {"type": "string", "documentation": f"Words in the narrative; looks into {MOST:,} resources at most"},
    "_has": {"type": "special", "documentation": "_has:Type:reference:parameter, nested too"},
    "_list": {"type": "special", "documentation": f"The id of a List; {', '.join(CURRENT)}"},
    "_filter": {"type": "special", "documentation": f"Operators: {', '.join(OPERATORS)}"},
    "_type": {"type": "special", "documentation": "Of a search over several types, by GET on the base"},
}
# Parameters of every type that are no values of the resource itself.


def _documentation(operations: tuple[Operation, ...]) -> str:
    """What a CapabilityStatement of R4 has no elements for, as markdown."""
    kinds = [f"{kind}: {', '.join(f':{name}' for name in names) or 'none'}" for kind, names in MODIFIERS.items()]
    return "\n".join(
        [
            f"References can be chained, by up to {DEEPEST} steps, with and without the type of the target.",
            "",
            f"Operations in batches and transactions: {', '.join(_bundled(operations))}.",
            "",
            "`_include` and `_revinclude` take `*` for any, and the modifier `:iterate`.",
            "",
            f"`_contained` is {_either(CONTAINED)}, `_containedType` {_either(CONTAINED_TYPES)}; not with `_include`, "
            "`_revinclude`, `_text`, `_content`, in compartments and over several types.",
            "",
            f"Parameters that shape a result: {', '.join(f'`{name}`' for name in RESULT_PARAMETERS)}.",
            "",
            f"Subscriptions: `channel.type` is {CHANNEL}, `channel.payload` none, {_either(PAYLOADS)}. With a topic "
            f"(R5 backport): `backport-payload-content` {_either(CONTENTS)}, `backport-filter-criteria` once, "
            "`backport-heartbeat-period`, `backport-max-count` (each event comes on its own).",
            "",
            f"Modifiers by the type of the parameter: {'; '.join(kinds)}.",
        ]
    )


def _bundled(operations: tuple[Operation, ...]) -> list[str]:
    return sorted({f"`${operation.name}`" for operation in operations if permitted(operation)})


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def capability_statement(
    started: datetime,
    base_url: str,
    operations: tuple[Operation, ...],
    known: SearchParameters = R4,
    topics: Topics = BY_TYPE,
) -> Resource:
    """What the server can do (FHIR R4, CapabilityStatement), as of its start, by the search parameters in force."""
    resources = {name: _listed(name, operations, known) for name in sorted(resource_types())}
    resources[TYPE] = {**_topical(topics), **resources[TYPE]}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": started.isoformat("T", "seconds"),
        "kind": "instance",
        "software": {"name": "Xinglin", "version": _version()},
        "implementation": {"description": "Xinglin hospital platform", "url": base_url.rstrip("/")},
        "fhirVersion": "4.0.1",
        "format": [format.media_type for format in FORMATS],
        "patchFormat": [patch.MEDIA_TYPE, *(format.media_type for format in FORMATS)],
        "rest": [
            {
                "mode": "server",
                "documentation": _documentation(operations),
                "resource": list(resources.values()),
                "interaction": [{"code": code} for code in _SYSTEM],
                "searchParam": [{"name": name, **told} for name, told in sorted(_EVERYWHERE.items())],
                "compartment": [f"{_COMPARTMENT}{name[0].lower()}{name[1:]}" for name in compartments()],
                **_operations(None, operations),
            }
        ],
    }


def _topical(topics: Topics) -> Resource:
    """The topics to which one may subscribe, as the R5 backport lists them."""
    url = f"{BACKPORT}capabilitystatement-subscriptiontopic-canonical"
    return {
        "extension": [{"url": url, "valueCanonical": topic} for topic in sorted(topics)],
        "supportedProfile": [f"{BACKPORT}backport-subscription"],
    }


def _listed(type: str, operations: tuple[Operation, ...], known: SearchParameters) -> Resource:
    return _made(type, operations, known) if known.definitions else _resource(type, operations)


@cache
def _resource(type: str, operations: tuple[Operation, ...]) -> Resource:
    return _made(type, operations, R4)


def _made(type: str, operations: tuple[Operation, ...], known: SearchParameters) -> Resource:
    there = known.of(type).values()
    searched = [_parameter(p) for p in there]
    searched += [{"name": "_id", "type": "token"}, {"name": "_lastUpdated", "type": "date"}]
    includes = [f"{type}:{p.code}" for p in there if p.type == "reference"]
    reverse = [*_referring(type), *_referring_beyond(type, known)]
    return {
        "type": type,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
        **({"searchInclude": includes} if includes else {}),
        **({"searchRevInclude": sorted(reverse)} if reverse else {}),
        "searchParam": sorted(searched, key=lambda p: p["name"]),
        **_operations(type, operations),
    }


def _operations(type: str | None, operations: tuple[Operation, ...]) -> Resource:
    """What is called on a type, or, for None, on the whole server."""
    there = [each for each in operations if each.fits(type, None) or (type and each.fits(type, "1"))]
    listed = [{"name": each.name, "definition": each.canonical(type)} for each in there]
    return {"operation": listed} if listed else {}


def _parameter(parameter: Parameter) -> Resource:
    found = {"name": parameter.code, "type": parameter.type}
    if parameter.definition:
        found["definition"] = parameter.definition
    if not parameter.ready:
        found["documentation"] = "Being indexed; searches by it are refused until that is done"
    return found


def _referring_beyond(type: str, known: SearchParameters) -> list[str]:
    """References to a type by parameters that R4 does not have."""
    return [
        f"{source}:{each.code}"
        for each in known.definitions
        if each.type == "reference" and (not each.targets or type in each.targets)
        for source in each.types()
    ]


@cache
def _referring(type: str) -> tuple[str, ...]:
    return tuple(
        f"{source}:{p.code}"
        for source in sorted(resource_types())
        for p in parameters(source).values()
        if p.type == "reference" and type in p.targets
    )


def _version() -> str:
    try:
        return version("xinglin")
    except PackageNotFoundError:
        return "development"
