"""What goes into an operation and comes out: Parameters resources, or the query of a GET (FHIR R4, Operations)."""

from collections.abc import Iterable
from typing import Any

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.fhir.validation import ensure_valid


class Inputs:
    """The input parameters of one call. Those that the operation does not know are refused by `accept`."""

    def __init__(self, values: Iterable[tuple[str, Any]]) -> None:
        self._values: dict[str, list[Any]] = {}
        for name, value in values:
            self._values.setdefault(name, []).append(value)

    def accept(self, names: Iterable[str]) -> None:
        """Raises `BadRequest` for a parameter that is not among the names."""
        accepted = list(names)
        for name in self._values:
            if name not in accepted:
                listed = ", ".join(accepted) or "none"
                raise BadRequest(f"The parameter {name} is not supported; accepted are: {listed}", code="not-supported")

    def all(self, name: str) -> list[Any]:
        """All values of a parameter."""
        return self._values.get(name, [])

    def text(self, name: str) -> str | None:
        """The value of a parameter as text, or None. Raises `BadRequest` where it is structured or repeats."""
        values = self.all(name)
        if len(values) > 1:
            raise BadRequest(f"The parameter {name} must not repeat")
        if values and (isinstance(values[0], dict | list)):
            raise BadRequest(f"The parameter {name} must be a simple value")
        return None if not values else str(values[0]).lower() if isinstance(values[0], bool) else str(values[0])

    def needed(self, name: str) -> str:
        """The same for a parameter that must be there."""
        found = self.text(name)
        if not found:
            raise BadRequest(f"The parameter {name} is missing", code="required")
        return found

    def number(self, name: str) -> int | None:
        """A parameter that is a natural number. Raises `BadRequest`."""
        text = self.text(name)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise BadRequest(f"{name}={text} is not a number from 0 on", code="value")
        return None if text is None else int(text)

    def flag(self, name: str) -> bool:
        """A parameter that is true or false; false where it is absent. Raises `BadRequest`."""
        text = self.text(name)
        if text not in (None, "true", "false"):
            raise BadRequest(f"{name}={text} is neither true nor false", code="value")
        return text == "true"

    def structure(self, name: str) -> Resource | None:
        """A parameter that is a data type, such as a Coding. Raises `BadRequest` where it is not one or repeats."""
        values = self.all(name)
        if len(values) > 1 or (values and not isinstance(values[0], dict)):
            raise BadRequest(f"The parameter {name} must be a single structure")
        return values[0] if values else None

    def resource(self, name: str, type: str) -> Resource | None:
        """A parameter that is a resource of a type, and valid. Raises `BadRequest`, `Invalid`."""
        found = self.structure(name)
        if found is not None:
            if found.get("resourceType") != type:
                raise BadRequest(f"The parameter {name} must be a {type}, not {found.get('resourceType')!r}")
            ensure_valid(found)
        return found


def read_inputs(resource: Resource) -> list[tuple[str, Any]]:
    """The parameters of a Parameters resource. Raises `Invalid` where it is none."""
    ensure_valid(resource)
    return [(item["name"], _value(item)) for item in resource.get("parameter") or ()]


def _value(item: Resource) -> Any:
    if "resource" in item:
        return item["resource"]
    if "part" in item:
        return {part["name"]: _value(part) for part in item["part"]}
    return next((value for name, value in item.items() if name.startswith("value")), None)


def outputs(*parameters: tuple[str, str, Any]) -> Resource:
    """A Parameters resource from (name, type such as `valueString`, `resource` or `part`, value); None is left out."""
    listed = [{"name": name, kind: value} for name, kind, value in parameters if value is not None]
    return {"resourceType": "Parameters", **({"parameter": listed} if listed else {})}


def parts(*parameters: tuple[str, str, Any]) -> list[Resource]:
    """The parts of a parameter, likewise."""
    return [{"name": name, kind: value} for name, kind, value in parameters if value is not None]
