"""Fields that the forms of administration have in common, and refusals in their words."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from pydantic.config import JsonDict

from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.roles import ROLES
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _

ASSIGNABLE = Literal[
    "registrar",
    "nurse",
    "doctor",
    "pharmacist",
    "cashier",
    "accountant",
    "manager",
    "integrator",
    "custodian",
    "auditor",
    "administrator",
    "app",
    "kiosk",
    "display",
]
"""Roles that people and services may hold; nobody but the house itself is the system."""

ROLES_FIELD: JsonDict = {
    "widget": "checks",
    "options": [[code, name] for code, name in ROLES.items() if code != "system"],
}

ASSIGNABLE_ROLES: tuple[str, ...] = get_args(ASSIGNABLE)


def joined(words: Iterable[str]) -> str:
    """Several things as one reads them."""
    return _(", ").join(words)


def account_id(key: str) -> str:
    """The id in a row's key, `account/1`."""
    return key.removeprefix("account/")


@contextmanager
def refusing(field: str) -> Iterator[None]:
    """Turns what the accounts refuse into a refusal beside a field of the form."""
    try:
        yield
    except (identity.AccountError, identity.PasswordError, identity.ScopeError) as error:
        raise BadRequest(str(error), expression=field) from error
