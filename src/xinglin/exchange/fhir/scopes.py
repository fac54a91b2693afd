"""What a request asks of FHIR, held against the scopes of a key before anything is carried out.

A search that looks through other types (chains, `_has`, `_include`, `_filter`) asks for those too: what may not be read
must not be found out by what it does to a result. Where a type isn't named, every type is asked for.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request

from xinglin.exchange.fhir import formats, requests
from xinglin.exchange.fhir.operations.registry import EXPORT, EXPUNGE, IMPORT
from xinglin.fhir.outcome import Forbidden
from xinglin.fhir.types import Json
from xinglin.platform.identity import Scopes
from xinglin.platform.identity.scopes import EVERY_TYPE

NAMED = frozenset({EXPORT, IMPORT, EXPUNGE})
"""Permissions that a key must have by name: they reach everything at once."""

_TYPED_CHAIN = re.compile(r"[a-z-]+:([A-Z][A-Za-z]+)\.([a-z_-]+)")
_INSTANCE = {"GET": "r", "HEAD": "r", "PUT": "u", "PATCH": "u", "DELETE": "d"}
_TERMINOLOGY = frozenset({"expand", "lookup", "validate-code", "subsumes", "translate"})
_FORM = "application/x-www-form-urlencoded"


class Demand(NamedTuple):
    """One interaction that is asked for: its letter, with resources of a type, or of every type (`*`)."""

    type: str
    letter: str


async def demand_scopes(request: Request, scopes: Scopes, permission: str) -> None:
    """Raises `Forbidden`, naming what is lacking, unless a key lets its caller do all that a request asks for."""
    if permission in NAMED:
        if permission not in scopes.permissions:
            raise Forbidden(f"The key lacks the scope {permission}")
        return
    if all(scopes.allow(EVERY_TYPE, letter) for letter in "cruds"):
        return
    # As the routes see it: decoded, and without the mount.
    path = str(request.scope["path"]).removeprefix(request.scope.get("root_path", "")).strip("/")
    params, body = list(request.query_params.multi_items()), None
    if request.method == "POST":
        # Whoever calls for the repository has read the body; it is kept with the request.
        media = formats.plain(request.headers.get("content-type"))
        if media == _FORM:
            params += await requests.read_form(request, requests.BODY_LIMIT)
        elif not path:
            body = await requests.read_resource(request, requests.BODY_LIMIT)
    condition = request.headers.get("if-none-exist")
    lacking = {
        f"system/{each.type}.{each.letter}"
        for each in demands(request.method, path, params, body, condition)
        if not scopes.allow(each.type, each.letter)
    }
    if lacking:
        raise Forbidden(f"The key lacks the scope {', '.join(sorted(lacking))}")


def demands(
    method: str, path: str, params: Iterable[tuple[str, str]], body: object = None, condition: str | None = None
) -> Iterator[Demand]:
    """What a request asks for. `path` is below the base, `body` a bundle, `condition` that of `If-None-Exist`."""
    parts, params = path.split("/") if path else [], list(params)
    if any(part.startswith("$") for part in parts):
        yield from _operation(method, parts)
    elif not parts:
        yield from _bundle(body) if method == "POST" else _whole(params)
    elif parts[0] == "_history":
        yield Demand(EVERY_TYPE, "s")
    elif len(parts) == 1 or parts[1:] == ["_search"]:
        yield from _type_level(method, parts, params)
    elif parts[1] == "_history":
        yield Demand(parts[0], "s")
    elif len(parts) == 2 or parts[2] == "_history":
        yield Demand(parts[0], _INSTANCE.get(method, "u"))
    else:
        yield from _whole(params) if parts[2] == "*" else _search(parts[2], params)
        yield Demand(parts[0], "r")  # of the compartment
    if condition is not None and parts:
        yield from _search(parts[0], parse_qsl(condition, keep_blank_values=True))


def _type_level(method: str, parts: list[str], params: list[tuple[str, str]]) -> Iterator[Demand]:
    if method == "POST" and len(parts) == 1:
        yield Demand(parts[0], "c")
        return
    yield from _search(parts[0], params)
    if method not in {"GET", "HEAD", "POST"}:  # of what a condition finds
        yield Demand(parts[0], _INSTANCE.get(method, "u"))


def _whole(params: list[tuple[str, str]]) -> Iterator[Demand]:
    named = [type for name, value in params if name == "_type" for type in value.split(",") if type]
    for type in named or [EVERY_TYPE]:
        yield from _search(type, params)


def _search(type: str, params: Iterable[tuple[str, str]]) -> Iterator[Demand]:
    yield Demand(type, "s")
    for name, value in params:
        if name.startswith(("_include", "_revinclude")):
            yield from (Demand(included, "r") for included in _included(name, value))
        elif name.startswith("_has:"):
            yield from (Demand(other, "s") for other in _having(name))
        elif "." in name:
            match = _TYPED_CHAIN.fullmatch(name)
            yield Demand(match[1] if match else EVERY_TYPE, "s")
        elif name in {"_filter", "_list", "_query"}:
            yield Demand(EVERY_TYPE, "s")


def _included(name: str, value: str) -> list[str]:
    source, _, rest = value.partition(":")
    if name.startswith("_revinclude"):
        return [source or EVERY_TYPE]
    target = rest.partition(":")[2]
    return [target or EVERY_TYPE]


def _having(name: str) -> list[str]:
    """Types of `_has:Type:reference:parameter`, whose parameter may be another `_has` or a chain."""
    parts = name.split(":")
    types = [part for before, part in pairwise(parts) if before == "_has"]
    return [*types, EVERY_TYPE] if "." in name else types


def _operation(method: str, parts: list[str]) -> Iterator[Demand]:
    name = next(part for part in parts if part.startswith("$"))[1:]
    type = EVERY_TYPE if parts[0].startswith("$") else parts[0]
    if name in {"meta-add", "meta-delete"} or (name == "reindex" and method == "POST"):
        yield Demand(type, "u")
    elif name in _TERMINOLOGY or name == "meta" or (name == "validate" and len(parts) < 3):
        yield Demand(type, "r")
    else:
        yield Demand(EVERY_TYPE, "r")
        yield Demand(EVERY_TYPE, "s")


def _bundle(body: object) -> Iterator[Demand]:
    entries = body.get("entry") if isinstance(body, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict):
            continue  # refused by name when it is carried out
        path, _, query = str(request.get("url", "")).removeprefix("/").partition("?")
        params = parse_qsl(query, keep_blank_values=True)
        condition = request.get("ifNoneExist")
        yield from demands(
            str(request.get("method", "")), path, params, {}, None if condition is None else str(condition)
        )
        yield from _searched_references(entry.get("resource"))


def _searched_references(value: object) -> Iterator[Demand]:
    """References that name their target by a search, such as `Patient?identifier=1`, tell whether there is one."""
    if isinstance(value, dict):
        reference: Json = value
        target = reference.get("reference")
        if isinstance(target, str) and "?" in target:
            type, _, query = target.partition("?")
            yield from _search(type, parse_qsl(query, keep_blank_values=True))
        for item in value.values():
            yield from _searched_references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _searched_references(item)
