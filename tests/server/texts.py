"""Walks every text that somebody may type: the fields of all commands, the filters of all views, the queries of all
pages, as the registry declares them. What a field needs besides is filled with what is there."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xinglin.kernel.capability import Registry
from xinglin.kernel.command import Command, Input
from xinglin.kernel.screen import Screen
from xinglin.platform.identity import Actor

IMAGE = "\"'><img src=x onerror=hacked(1)>"
SCRIPT = "</script><script>hacked(1)</script>"
FROM_HTML = (IMAGE, SCRIPT)
FROM_SQL = ("'; DROP TABLE account CASCADE; -- %(id)s %s {visible} $1", "\\' OR pg_sleep(20) IS NULL OR '", "a\x00b")
FROM_NUMBERS = ("NaN", "1e999999999", "-99999999999999999999999")
_PREFIX = re.compile(r"\^([A-Za-z]+/)")
_QUERY = re.compile(r"""query(?:\.get\(|\[)["'](\w+)["']""")


@dataclass(frozen=True)
class Try:
    """A call of a command or view by somebody who may, with a payload in one field."""

    name: str
    login: str
    field: str
    values: dict[str, Any]


def properties(input: type[Input]) -> Mapping[str, Any]:
    """The JSON schema of each field."""
    found: Mapping[str, Any] = input.model_json_schema()["properties"]
    return found


def kinds(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a field takes."""
    return {str(each.get("type")) for each in (schema, *schema.get("anyOf", ()))}


def is_text(schema: Mapping[str, Any]) -> bool:
    """Whether somebody may type any text into a field."""
    free = "string" in kinds(schema) and "enum" not in str(schema)
    return free and not any(each.get("format") for each in (schema, *schema.get("anyOf", ())))


def poisoned(schema: Mapping[str, Any], payload: str) -> str:
    """The payload, behind the type where a field wants a reference, and as long as the field may be."""
    longest = min((int(size) for size in re.findall(r"'maxLength': (\d+)", str(schema))), default=len(payload) + 20)
    prefix = _PREFIX.match(str(schema.get("pattern", "")))
    return ((prefix[1] if prefix else "") + payload)[:longest]


def plausible(name: str, schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """Something that a field may hold."""
    if name in known:
        return known[name]
    options = schema.get("enum") or next((each["enum"] for each in schema.get("anyOf", ()) if "enum" in each), None)
    if options:
        return options[0]
    if "options" in schema:
        first = schema["options"][0][0]
        return [first] if "array" in kinds(schema) else first
    if "integer" in kinds(schema) or "number" in kinds(schema):
        return schema.get("minimum", 1)
    if "boolean" in kinds(schema):
        return False
    if "array" in kinds(schema):
        return []
    return "plausible text"


def who_may(permission: str, registry: Registry, people: Mapping[str, Actor]) -> str | None:
    """The login of somebody who holds a permission."""
    return next((login for login, actor in people.items() if permission in registry.permissions(actor.roles)), None)


def command_tries(
    registry: Registry, people: Mapping[str, Actor], known: Mapping[str, Any], payloads: tuple[str, ...]
) -> Iterator[Try]:
    """Each payload in each text of each command, and what is hardly a number in each number."""
    for command in registry.commands.values():
        login = who_may(command.permission, registry, people)
        if login is not None:
            yield from _of(command, login, known, payloads)


def _of(command: Command, login: str, known: Mapping[str, Any], payloads: tuple[str, ...]) -> Iterator[Try]:
    fields = properties(command.input)
    required = {name for name, info in command.input.model_fields.items() if info.is_required()}
    for field, schema in fields.items():
        numeric = bool(kinds(schema) & {"integer", "number"})
        if not (numeric or is_text(schema)):
            continue
        for number, payload in enumerate(FROM_NUMBERS if numeric else payloads):
            values = {
                name: plausible(name, fields[name], known)
                for name in fields
                if name in required | {field} | known.keys()
            }
            if "login" in values and field != "login":
                values["login"] = f"{command.name.replace('.', '-').replace('_', '-')}-{field}-{number}"
            given = payload if numeric else poisoned(schema, payload)
            yield Try(command.name, login, field, {**values, field: given})


def view_tries(
    registry: Registry, people: Mapping[str, Actor], known: Mapping[str, Any], payloads: tuple[str, ...]
) -> Iterator[Try]:
    """Each payload in each filter of each view, the cursor among them."""
    for view in registry.views.values():
        login = who_may(view.permission, registry, people)
        fields = properties(view.filter)
        required = {name for name, info in view.filter.model_fields.items() if info.is_required()}
        for field, schema in fields.items():
            if login is None or "string" not in kinds(schema):
                continue
            for payload in payloads:
                values = {name: plausible(name, fields[name], known) for name in required}
                yield Try(view.name, login, field, {**values, field: poisoned(schema, payload)})


def queries_of(screen: Screen) -> list[str]:
    """The names that a page looks for in its address."""
    return sorted(set(_QUERY.findall(inspect.getsource(inspect.getmodule(screen.run)))))  # type: ignore[arg-type]
