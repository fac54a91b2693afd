"""Rules that a hospital has made for a role in place of those that come with the software, and how they are written."""

import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from xinglin.platform.access.rules import Policies, Rule, RuleError
from xinglin.store.sql import load_queries

Connection = AsyncConnection[Any]
queries = load_queries("xinglin.platform")

SECONDS = 5.0
"""How long a process goes by rules that another one has changed."""

_LISTS = frozenset({"types", "interactions", "labels", "hidden", "masked", "readonly"})
_FLAGS = frozenset({"campus", "department", "own", "treating"})
_DEFAULTS = {each.name: each.default for each in fields(Rule)}


def to_json(rule: Rule) -> dict[str, Any]:
    """A rule as a JSON object, without what is as it is by default."""
    whole = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in asdict(rule).items()}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in whole.items()}
    return {name: value for name, value in plain.items() if name in ("types", "interactions") or value}


def from_json(found: object) -> Rule:
    """A rule, checked. Raises `RuleError` that names the element and what is accepted."""
    if not isinstance(found, dict):
        raise RuleError('a rule is an object, such as {"types": ["Observation"], "campus": true}')
    if unknown := found.keys() - _DEFAULTS.keys():
        raise RuleError(f"{', '.join(sorted(unknown))}: accepted are {', '.join(_DEFAULTS)}")
    values: dict[str, Any] = {}
    for name, value in found.items():
        if name in _LISTS and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise RuleError(f"{name}: a list of texts is expected")
        if name in _FLAGS and not isinstance(value, bool):
            raise RuleError(f"{name}: true or false is expected")
        if name == "criteria" and not isinstance(value, str):
            raise RuleError("criteria: a search is expected, such as category=laboratory")
        values[name] = value if name not in _LISTS else frozenset(value) if name == "interactions" else tuple(value)
    if not values.get("types"):
        raise RuleError("types: at least one is needed; accepted are resource types, @record, @general and *")
    rule = Rule(**values)
    rule.check()
    return rule


async def own_rules(connection: Connection) -> dict[str, tuple[Rule, ...]]:
    """The hospital's own rules by role. Those that can't be read, since the software has changed, allow nothing."""
    found: dict[str, tuple[Rule, ...]] = {}
    for role, rules, _changed, _account in await (await connection.execute(queries.access_policies)).fetchall():
        try:
            found[role] = tuple(map(from_json, rules))
        except RuleError:
            found[role] = ()
    return found


async def keep(connection: Connection, role: str, rules: tuple[Rule, ...], *, account: str, now: datetime) -> None:
    """Puts rules in force for a role."""
    values = {"role": role, "rules": Jsonb([to_json(rule) for rule in rules]), "now": now, "account": account}
    await connection.execute(queries.keep_access_policy, values)


async def drop(connection: Connection, role: str) -> bool:
    """Puts the rules that come with the software in force again; tells whether there were others."""
    return bool(await (await connection.execute(queries.drop_access_policy, {"role": role})).fetchone())


class Current:
    """The rules in force, as this process knows them."""

    def __init__(self, house: Policies) -> None:
        self._house = house
        self._own: Mapping[str, tuple[Rule, ...]] = {}
        self._asked = -SECONDS
        self.version = 0
        """Another number whenever the rules have changed."""

    def of(self, role: str) -> tuple[Rule, ...]:
        """The rules of a role."""
        own = self._own.get(role)
        return self._house.get(role, ()) if own is None else own

    @property
    def old(self) -> bool:
        """Whether it is time to ask the database again."""
        return time.monotonic() - self._asked > SECONDS

    async def refresh(self, connection: Connection) -> None:
        """Asks the database."""
        self._asked = time.monotonic()
        own = await own_rules(connection)
        if own != self._own:
            self._own = own
            self.version += 1
