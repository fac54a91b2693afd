"""String manipulation (FHIRPath 2.0, Functions, String Manipulation, Additional String Functions)."""

import base64
import binascii
import html
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, TRUE, Collection
from xinglin.fhir.fhirpath.registry import boxed, fitting, function, integer, text

_CHARACTERS = 64
"""That count as a step."""


def _of_text(name: str, arguments: int, apply: Callable[..., object]) -> None:
    """Registers a function of Strings that is empty where the input or any argument is."""

    def call(env: Environment, items: Collection, *others: Collection) -> Collection:
        values = [text(collection, f"{name}()") for collection in (items, *others)]
        if None in values:
            return EMPTY
        if env.allowance is not None:
            env.allowance.spend(sum(map(len, values)) // _CHARACTERS)  # type: ignore[arg-type]
        result = apply(*values)
        return TRUE if result is True else FALSE if result is False else boxed(result)

    function(name, arguments)(call)


@lru_cache(maxsize=1024)
def pattern(expression: str) -> Any:
    """A regular expression in single-line mode, which takes time in proportion to the text. Raises `FhirPathError`."""
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.dot_nl, options.log_errors = True, False
    try:
        return re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        text = f"{expression!r} is not a regular expression that is accepted: {reason}"
        raise FhirPathError(f"{text} (neither look-around nor references to groups are)") from error


def _encodable(value: str) -> str:
    """The text, without lone surrogates, which `unescape()` may make and no regular expression takes."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


_GROUP = re.compile(r"\$(?:(\d+)|\{(\w+)\})", re.ASCII)


@function("replaceMatches", 2)
def replace_matches(env: Environment, items: Collection, expression: Collection, replacement: Collection) -> Collection:
    """The text with each match replaced; `$1` and `${name}` refer to groups. An empty expression matches nothing."""
    value, wanted, put = (text(each, "replaceMatches()") for each in (items, expression, replacement))
    if value is None or wanted is None or put is None:
        return EMPTY
    return [_replaced(env, value, wanted, put) if wanted else value]


def _replaced(env: Environment, value: str, expression: str, replacement: str) -> str:
    parts, at, length = [], 0, 0
    try:
        for found in pattern(expression).finditer(_encodable(value)):
            put = _filled(replacement, found)
            parts += [value[at : found.start()], put]
            at = found.end()
            length += len(parts[-2]) + len(put)
            fitting(length)
            if env.allowance is not None:
                env.allowance.spend(1 + len(parts[-2]) // _CHARACTERS)
    except (KeyError, IndexError) as error:
        raise FhirPathError(f"{replacement!r} refers to a group that {expression!r} does not have") from error
    return "".join([*parts, value[at:]])


def _filled(replacement: str, found: Any) -> str:
    """A replacement with the texts of the groups that it refers to; a group that took no part is empty."""
    return _GROUP.sub(lambda m: found[int(m[1]) if m[1] else m[2]] or "", replacement)


def _replace(value: str, part: str, other: str) -> str:
    if len(other) > len(part):
        fitting(len(value) + value.count(part) * (len(other) - len(part)))
    return value.replace(part, other)


_of_text("indexOf", 1, lambda value, part: value.find(part))
_of_text("lastIndexOf", 1, lambda value, part: value.rfind(part))
_of_text("startsWith", 1, lambda value, part: value.startswith(part))
_of_text("endsWith", 1, lambda value, part: value.endswith(part))
_of_text("contains", 1, lambda value, part: part in value)
_of_text("upper", 0, str.upper)
_of_text("lower", 0, str.lower)
_of_text("trim", 0, str.strip)
_of_text("length", 0, len)
_of_text("replace", 2, _replace)
_of_text("matches", 1, lambda value, expression: pattern(expression).search(_encodable(value)) is not None)
_of_text("matchesFull", 1, lambda value, expression: pattern(expression).fullmatch(_encodable(value)) is not None)


@function("substring", 1, 2)
def substring(_: Environment, items: Collection, start: Collection, length: Collection = EMPTY) -> Collection:
    """From a start, counted from 0, to the end or for a length; empty where the start lies outside."""
    value, first = text(items, "substring()"), integer(start, "substring()")
    if value is None or first is None or not 0 <= first < len(value):
        return EMPTY
    count = integer(length, "substring()")
    return [value[first:] if count is None else value[first : first + max(count, 0)]]


@function("toChars")
def to_chars(_: Environment, items: Collection) -> Collection:
    """The characters, each as a String."""
    return list(text(items, "toChars()") or "")


@function("split", 1)
def split(_: Environment, items: Collection, separator: Collection) -> Collection:
    """The parts between separators; characters where the separator is an empty text."""
    value, between = text(items, "split()"), text(separator, "split()")
    if value is None or between is None:
        return EMPTY
    return list(value) if between == "" else list(value.split(between))


@function("join", 0, 1)
def join(_: Environment, items: Collection, separator: Collection = EMPTY) -> Collection:
    """All Strings of the input as one."""
    if not items:
        return EMPTY
    between, parts = text(separator, "join()") or "", [text([item], "join()") or "" for item in items]
    fitting(sum(map(len, parts)) + len(between) * (len(parts) - 1))
    return [between.join(parts)]


def _refused(name: str, form: str, accepted: str) -> FhirPathError:
    return FhirPathError(f"{name}({form!r}) is not known; accepted are {accepted}")


def _encode(value: str, form: str) -> str:
    data = value.encode()
    if form == "hex":
        return data.hex()
    if form == "base64":
        return base64.b64encode(data).decode()
    if form == "urlbase64":
        return base64.urlsafe_b64encode(data).decode()
    raise _refused("encode", form, "hex, base64 and urlbase64")


def _decode(value: str, form: str) -> str | None:
    try:
        if form == "hex":
            return bytes.fromhex(value).decode()
        if form == "base64":
            return base64.b64decode(value, validate=True).decode()
        if form == "urlbase64":
            return base64.b64decode(value, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    raise _refused("decode", form, "hex, base64 and urlbase64")


_JSON_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b"}
_JSON_UNESCAPES = {escaped[1]: plain for plain, escaped in _JSON_ESCAPES.items()} | {"/": "/"}
_JSON_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def _escape(value: str, form: str) -> str:
    if form == "html":
        return html.escape(value).replace("&#x27;", "&#39;")
    if form == "json":
        return "".join(_JSON_ESCAPES.get(character, character) for character in value)
    raise _refused("escape", form, "html and json")


def _unescape(value: str, form: str) -> str:
    if form == "html":
        return html.unescape(value)
    if form == "json":
        return _JSON_ESCAPE.sub(
            lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _JSON_UNESCAPES.get(m[1], m[1]), value
        )
    raise _refused("unescape", form, "html and json")


_of_text("encode", 1, _encode)
_of_text("decode", 1, _decode)
_of_text("escape", 1, _escape)
_of_text("unescape", 1, _unescape)
