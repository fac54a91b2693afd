"""Commands: every change of the hospital is one of them."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic.config import JsonDict

from xinglin.fhir.types import Resource
from xinglin.platform.i18n import gettext as _

if TYPE_CHECKING:
    from xinglin.kernel.context import Context

Tone = Literal["primary", "plain", "danger"]


class Input(BaseModel):
    """Base of every command's input: strict about unknown fields; blanks around texts are taken away."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if isinstance(value, str):
            ensure_storable(value)
        return value


def ensure_storable(text: str) -> None:
    """Raises `ValueError` for a text with a NUL, which no text of PostgreSQL may hold."""
    if "\x00" in text:
        raise ValueError(_("A text can't hold the character NUL"))


def select(options: Iterable[tuple[str, str]]) -> JsonDict:
    """How a field is shown that takes one of `options`, pairs of code and name: for `json_schema_extra`."""
    return {"widget": "select", "options": [list(option) for option in options]}


MULTILINE: JsonDict = {"widget": "textarea"}
"""How a field is shown that takes several lines."""

InputT = TypeVar("InputT", bound=Input)
Run = Callable[["Context", InputT], Awaitable[Resource]]


@dataclass(frozen=True)
class Command:
    """A change that a person or a system may ask for.

    From this one definition come the HTTP operation, the form, the audit entry and the idempotency key.

    `name` is `capability.verb`; `permission` what the actor must hold; `input` the typed input; `title` the verb on the
    button; `done` what the screen says afterwards; `confirm` a question to ask before. What a `secret` one returns (a
    Parameters with texts, such as a new key) is told once and kept nowhere, not even under the idempotency key.
    """

    name: str
    title: str
    permission: str
    input: type[Input]
    run: Callable[["Context", Any], Awaitable[Resource]]
    description: str
    done: str
    tone: Tone = "plain"
    confirm: str | None = None
    secret: bool = False

    @property
    def capability(self) -> str:
        """The capability that offers it: the name up to the dot."""
        return self.name.partition(".")[0]

    def labels(self) -> dict[str, str]:
        """Titles of the input's fields by name."""
        return {name: info.title or name for name, info in self.input.model_fields.items()}


def command(
    name: str,
    *,
    title: str,
    permission: str,
    done: str,
    tone: Tone = "plain",
    confirm: str | None = None,
    secret: bool = False,
) -> Callable[[Run[InputT]], Command]:
    """Declares a function `async (context, input) -> the resource that it is about` as a command.

    Raises:
        TypeError: the function lacks a docstring or its second parameter is not typed as an `Input`.
    """

    def declare(run: Run[InputT]) -> Command:
        parameters = list(inspect.signature(run, eval_str=True).parameters.values())
        kind = parameters[1].annotation if len(parameters) == 2 else None
        if not (isinstance(kind, type) and issubclass(kind, Input)):
            raise TypeError(f"Command {name}: takes (context, input) with input typed as an Input")
        description = inspect.getdoc(run)
        if not description:
            raise TypeError(f"Command {name}: needs a docstring; it is shown to people and to other systems")
        return Command(name, title, permission, kind, run, description, done, tone, confirm, secret)

    return declare
