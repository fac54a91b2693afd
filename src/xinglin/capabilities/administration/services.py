"""Services, such as analysers and other systems, and the keys by which they come in."""

from datetime import date, timedelta

from pydantic import Field

from xinglin.capabilities.administration.fields import ASSIGNABLE, ROLES_FIELD, account_id, refusing
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.roles import FHIR_PERMISSIONS
from xinglin.kernel.text import N_
from xinglin.platform import identity

FHIR = frozenset().union(*FHIR_PERMISSIONS.values()) - {"fhir.read", "fhir.write"}
"""Permissions for FHIR that a key has by name; to read and to write are its scopes by type."""


class CreateService(Input):
    """A system that comes in with a key."""

    login: str = Field(title=N_("Account"), min_length=2, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")
    name: str = Field(title=N_("Name"), min_length=2, max_length=100)
    roles: list[ASSIGNABLE] = Field(title=N_("Roles"), min_length=1, json_schema_extra=ROLES_FIELD)


@command(
    "administration.create_service",
    title=N_("New service"),
    permission="administration.services",
    done=N_("Service created"),
    tone="primary",
)
async def create_service(context: Context, input: CreateService) -> Resource:
    """Makes the account of a service. It has no password; keys let it in, and do at most what its roles may."""
    with refusing("login"):
        account = await identity.create_account(
            context.connection,
            login=input.login,
            name=input.name,
            password=None,
            kind="service",
            roles=input.roles,
            locale=context.actor.locale,
            now=context.now,
        )
    context.about(f"account/{account.account_id}")
    return {"resourceType": "Parameters", "parameter": [{"name": "account", "valueString": account.account_id}]}


class CreateKey(Input):
    """A key with what it lets a service do."""

    account: str = Field(
        title=N_("Service"), json_schema_extra={"widget": "select", "source": "administration.services"}
    )
    name: str = Field(title=N_("What for"), min_length=2, max_length=100)
    scopes: str = Field(
        title=N_("Scopes"),
        min_length=3,
        max_length=4000,
        json_schema_extra={
            **MULTILINE,
            "hint": N_(
                "One per line: system/Observation.rs (create, read, update, delete, search as c r u d s; * for every "
                "type), or a permission such as patients.read or fhir.export"
            ),
        },
    )
    last_day: date = Field(title=N_("Last day"))


@command(
    "administration.create_key",
    title=N_("New key"),
    permission="administration.services",
    done=N_("Key created"),
    secret=True,
)
async def create_key(context: Context, input: CreateKey) -> Resource:
    """Makes a key for a service, which is shown once."""
    permissions = context.registry.every_permission | FHIR
    with refusing("scopes"):
        identity.parse_scopes(input.scopes.split(), permissions=permissions)
    end = context.now.replace(hour=0, minute=0, second=0, microsecond=0) + (
        input.last_day - context.today + timedelta(days=1)
    )
    with refusing("last_day"):
        id, key = await identity.create_api_key(
            context.connection,
            account_id(input.account),
            name=input.name,
            scopes=input.scopes.split(),
            expires=end,
            now=context.now,
        )
    context.about(f"account/{account_id(input.account)}")
    context.about(f"key/{id}")
    return {"resourceType": "Parameters", "parameter": [{"name": N_("Key"), "valueString": key}]}


class RevokeKey(Input):
    """A key that is to end."""

    api_key: str = Field(title=N_("Key"), pattern=r"^key/", json_schema_extra={"widget": "hidden"})


@command(
    "administration.revoke_key",
    title=N_("Revoke"),
    permission="administration.services",
    done=N_("Key revoked"),
    tone="danger",
    confirm=N_("Revoke this key? Whatever uses it stops within seconds."),
)
async def revoke_key(context: Context, input: RevokeKey) -> Resource:
    """Ends a key at once; servers that have just seen it let it in for five seconds more."""
    with refusing("api_key"):
        account = await identity.revoke_api_key(context.connection, input.api_key.removeprefix("key/"), context.now)
    context.about(f"account/{account}")
    context.about(input.api_key)
    return {"resourceType": "Parameters", "parameter": [{"name": "key", "valueString": input.api_key}]}
