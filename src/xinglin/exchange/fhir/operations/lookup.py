"""`CodeSystem/$lookup`: what is known of a code (FHIR R4, CodeSystem, $lookup)."""

from typing import Any

from xinglin.exchange.fhir.operations.codes import codings, system_of
from xinglin.exchange.fhir.operations.parameters import outputs, parts
from xinglin.exchange.fhir.operations.registry import TYPE, Call, Operation
from xinglin.fhir.types import Resource
from xinglin.terminology.lookup import Details, lookup


async def handle(call: Call) -> Resource:
    """Name, display, designations and properties of a code; `property` limits the properties."""
    ((url, code, _),) = codings(call.inputs)[:1]
    system = await system_of(call, url)
    found = await lookup(call.repository.connection, system, code)
    wanted = set(call.inputs.all("property"))
    return outputs(
        ("name", "valueString", system.name or system.url),
        ("version", "valueString", system.version),
        ("display", "valueString", found.display_in(call.inputs.text("displayLanguage"))),
        *(("designation", "part", _designation(item)) for item in found.designations),
        *(("property", "part", part) for name, part in _properties(found) if not wanted or name in wanted),
    )


def _designation(item: Resource) -> list[Resource]:
    return parts(
        ("language", "valueCode", item.get("language")),
        ("use", "valueCoding", item.get("use")),
        ("value", "valueString", item["value"]),
    )


def _properties(found: Details) -> list[tuple[str, list[Resource]]]:
    properties = found.properties.items()
    named: list[tuple[str, str, Any]] = [
        *(("parent", "valueCode", code) for code in found.parents),
        *(("child", "valueCode", code) for code in found.children),
        ("definition", "valueString", found.definition),
        ("inactive", "valueBoolean", None if found.active else True),
        *((name, "valueString", value) for name, values in properties if name != "inactive" for value in values),
    ]
    return [
        (name, parts(("code", "valueCode", name), ("value", kind, value)))
        for name, kind, value in named
        if value is not None
    ]


LOOKUP = Operation(
    "lookup",
    (TYPE,),
    handle,
    types=frozenset({"CodeSystem"}),
    parameters=("code", "system", "version", "coding", "displayLanguage", "property"),
)
