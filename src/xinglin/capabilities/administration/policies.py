"""The rules by which roles see records: those that come with the software, or a hospital's own."""

from pydantic import Field, field_validator

from xinglin.fhir import json
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.roles import ROLES, role_name
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform.access.policies import drop, from_json, keep, own_rules, to_json
from xinglin.platform.access.rules import Rule, RuleError
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.posts import RESERVED

CHANGEABLE = tuple(role for role in ROLES if role not in RESERVED and role != "auditor")
"""Roles whose rules a hospital makes; those that watch over others, or serve systems, keep theirs."""
_CHOICE = select([(role, ROLES[role]) for role in CHANGEABLE])


class SetPolicy(Input):
    """All rules of a role, as a JSON list; see `docs/access.md`."""

    role: str = Field(title=N_("Role"), json_schema_extra=_CHOICE)
    rules: str = Field(title=N_("Rules"), min_length=2, max_length=50_000, json_schema_extra=MULTILINE)

    @field_validator("rules")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_rules(value)
        return value


def read_rules(text: str) -> tuple[Rule, ...]:
    """Rules out of a JSON text. Raises `ValueError` that names the rule, the element and what is accepted."""
    try:
        found = json.loads(text)
    except json.JsonError as error:
        raise ValueError(_("This is not JSON: {error}").format(error=error)) from None
    if not isinstance(found, list):
        raise ValueError(_("A list of rules is expected"))
    rules = []
    for number, each in enumerate(found, 1):
        try:
            rules.append(from_json(each))
        except RuleError as error:
            raise ValueError(_("Rule {number}: {error}").format(number=number, error=error)) from None
    return tuple(rules)


@command(
    "administration.set_policy",
    title=N_("Change rules"),
    permission="administration.policies",
    done=N_("The rules are in force; servers follow within five seconds"),
    tone="danger",
)
async def set_policy(context: Context, input: SetPolicy) -> Resource:
    """Puts a hospital's own rules for a role in force, in place of those that come with the software."""
    _ensure_changeable(input.role)
    rules = read_rules(input.rules)
    await keep(context.connection, input.role, rules, account=context.actor.account_id, now=context.now)
    return _told(input.role)


class ResetPolicy(Input):
    """A role."""

    role: str = Field(title=N_("Role"), json_schema_extra=_CHOICE)


@command(
    "administration.reset_policy",
    title=N_("Rules of the software"),
    permission="administration.policies",
    done=N_("The rules that come with the software are in force again"),
    confirm=N_("Give up the hospital's own rules for this role?"),
)
async def reset_policy(context: Context, input: ResetPolicy) -> Resource:
    """Puts the rules that come with the software in force again for a role."""
    _ensure_changeable(input.role)
    if not await drop(context.connection, input.role):
        raise Refused(_("This role has the rules of the software already"), expression="role")
    return _told(input.role)


def _ensure_changeable(role: str) -> None:
    if role not in CHANGEABLE:
        accepted = ", ".join(CHANGEABLE)
        text = _("The rules of this role can't be changed; accepted are: {roles}").format(roles=accepted)
        raise Refused(text, expression="role")


def _told(role: str) -> Resource:
    return {"resourceType": "Parameters", "parameter": [{"name": "role", "valueCode": role}]}


class PolicyRow(Row):
    """The rules of one role. `state` is own or house."""

    name: str = Field(title=N_("Role"))
    sees: str = Field(title=N_("Sees"))
    made_by: str = Field(title=N_("Made by"))
    state: str = Field(title=N_("State"), json_schema_extra={"hidden": True})
    rules: str = Field(title=N_("Rules"), json_schema_extra={"hidden": True})


@view(
    "administration.policies",
    title=N_("Access rules"),
    permission="administration.read",
    row=PolicyRow,
    actions=(
        RowAction("administration.set_policy", {"role": "key", "rules": "rules"}, frozenset({"own", "house"})),
        RowAction("administration.reset_policy", {"role": "key"}, frozenset({"own"})),
    ),
)
async def policies(context: Context, _filter: Filter) -> Page[PolicyRow]:
    """Each role with the rules by which it sees records."""
    own = await own_rules(context.connection)
    rows = []
    for role in ROLES:
        house = context.registry.policies.get(role, ())
        rules = own.get(role, house)
        if role == "system" or not (rules or role in own):
            continue
        state = "fixed" if role not in CHANGEABLE else "own" if role in own else "house"
        text = json.dumps([to_json(rule) for rule in rules]).decode()
        made_by = _("Hospital") if role in own else _("Software")
        name = role_name(role)
        rows.append(PolicyRow(key=role, name=name, sees=_sees(rules), made_by=made_by, state=state, rules=text))
    return Page(rows, total=len(rows))


def _sees(rules: tuple[Rule, ...]) -> str:
    """Rules in short, for those who look at the list."""
    return "; ".join(_short(rule) for rule in rules) or _("Nothing")


def _short(rule: Rule) -> str:
    names = {"@record": _("records"), "@general": _("all that is in no record"), "*": _("everything")}
    limits = [
        text
        for holds, text in (
            (rule.campus, _("own campus")),
            (rule.department, _("own department")),
            (rule.treating, _("patients in treatment")),
            (rule.own, _("own record")),
            (bool(rule.criteria), rule.criteria),
            (bool(rule.hidden), _("without {elements}").format(elements=", ".join(rule.hidden))),
            (bool(rule.masked), _("masked {elements}").format(elements=", ".join(rule.masked))),
        )
        if holds
    ]
    types = ", ".join(names.get(type, type) for type in rule.types)
    return f"{types} ({', '.join(limits)})" if limits else types
