"""Packaged business capabilities and the registry that holds them."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from xinglin.kernel import basket, notice
from xinglin.kernel.access import EVERYBODY, POLICIES
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.command import Command
from xinglin.kernel.event import EventType, Handler
from xinglin.kernel.notice import Notice
from xinglin.kernel.printout import Printout
from xinglin.kernel.screen import Screen
from xinglin.kernel.states import StateTable
from xinglin.kernel.view import View
from xinglin.platform.access import Policies, Rule

if TYPE_CHECKING:
    from xinglin.kernel.context import Context

Grants = Mapping[str, tuple[str, ...]]
Seed = Callable[["Context"], Awaitable[None]]


@dataclass(frozen=True)
class Capability:
    """A part of the hospital: `needs` names the capabilities whose commands it calls, `grants` gives each role its
    permissions, `access` the rules by which it sees
    records, `seed` writes the master data of the demonstration hospital (and may run again without harm)."""

    name: str
    title: str
    modules: tuple[ModuleType, ...]
    needs: tuple[str, ...] = ()
    grants: Grants = field(default_factory=dict)
    access: Policies = field(default_factory=dict)
    seed: Seed | None = None
    order: int = 100

    def declared(self, kind: type) -> list[Any]:
        """Everything of `kind` that the capability's modules declare."""
        return [
            value
            for module in self.modules
            for name, value in vars(module).items()
            if isinstance(value, kind) and not name.startswith("_")
        ]


class Registry:
    """All capabilities of an installation, checked against each other when it is built.

    Raises:
        ValueError: two declarations bear one name, a need is missing, a name lies outside its capability, a
            transition names a command that nobody offers, or a handler an event; a basket section or a notice does not
            fit.
    """

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self.capabilities = {item.name: item for item in sorted(capabilities, key=lambda c: (c.order, c.name))}
        self.commands: dict[str, Command] = {}
        self.views: dict[str, View] = {}
        self.screens: dict[str, Screen] = {}
        self.tables: dict[str, StateTable] = {}
        self.events: dict[str, EventType] = {}
        self.handlers: dict[str, list[Handler]] = {}
        self.baskets: dict[str, BasketSection] = {}
        self.printouts: dict[str, Printout] = {}
        self.notices: dict[str, Notice] = {}
        self._permissions: dict[str, set[str]] = {}
        self.policies: dict[str, tuple[Rule, ...]] = dict(POLICIES)
        for capability in self.capabilities.values():
            self._add(capability)
        self.baskets = dict(sorted(self.baskets.items(), key=lambda item: (item[1].order, item[0])))
        self._check()

    @classmethod
    def discover(cls, package: str = "xinglin.capabilities") -> "Registry":
        """Imports every folder of `package` and takes the `capability` that each offers."""
        root = importlib.import_module(package)
        names = sorted(info.name for info in pkgutil.iter_modules(root.__path__))
        return cls(importlib.import_module(f"{package}.{name}").capability for name in names)

    def permissions(self, roles: Iterable[str]) -> frozenset[str]:
        """All permissions that `roles` give together."""
        return frozenset().union(*(self._permissions.get(role, set()) for role in roles))

    @property
    def every_permission(self) -> frozenset[str]:
        """All permissions that some role gives."""
        return self.permissions(self._permissions)

    def _add(self, capability: Capability) -> None:
        books: tuple[tuple[type, dict[str, Any]], ...] = (
            (Command, self.commands),
            (View, self.views),
            (Screen, self.screens),
            (EventType, self.events),
            (BasketSection, self.baskets),
            (Printout, self.printouts),
            (Notice, self.notices),
        )
        for kind, book in books:
            for item in capability.declared(kind):
                name: str = item.name
                if name.partition(".")[0] != capability.name:
                    raise ValueError(f"{kind.__name__} {name} lies outside its capability {capability.name}")
                if book.get(name, item) is not item:
                    raise ValueError(f"{kind.__name__} {name} is declared twice")
                book[name] = item
        for table in capability.declared(StateTable):
            if self.tables.setdefault(table.name, table) is not table:
                raise ValueError(f"State table {table.name} is declared twice")
        for handler in capability.declared(Handler):
            for event in handler.events:
                self.handlers.setdefault(event, []).append(handler)
        for role, permissions in capability.grants.items():
            self._permissions.setdefault(role, set()).update(permissions)
            self.policies.setdefault(role, (EVERYBODY,))
        for role, rules in capability.access.items():
            for rule in rules:
                rule.check()
            self.policies[role] = (*self.policies.get(role, (EVERYBODY,)), *rules)

    def _check(self) -> None:
        for capability in self.capabilities.values():
            missing = [need for need in capability.needs if need not in self.capabilities]
            if missing:
                raise ValueError(f"Capability {capability.name} needs {', '.join(missing)}, which is not installed")
        for table in self.tables.values():
            unknown = {t.command for t in table.transitions} - self.commands.keys() - self._handler_names()
            if unknown:
                raise ValueError(f"State table {table.name} names {', '.join(sorted(unknown))}, which nobody offers")
        if unknown := self.handlers.keys() - self.events.keys():
            raise ValueError(f"Handlers wait for {', '.join(sorted(unknown))}, which nobody declares")
        for section in self.baskets.values():
            if fault := basket.faults(section, self.commands, self.views, self.tables):
                raise ValueError(f"Basket section {section.name} {fault}")
        for each in self.notices.values():
            if fault := notice.fault(each, self.views):
                raise ValueError(f"Notice {each.name} {fault}")
        granted = frozenset().union(*self._permissions.values()) if self._permissions else frozenset()
        offered: list[Command | View | Screen | Printout] = [
            *self.commands.values(),
            *self.views.values(),
            *self.screens.values(),
            *self.printouts.values(),
        ]
        for item in offered:
            if item.permission not in granted:
                raise ValueError(f"{item.name} asks for permission {item.permission}, which no role has")

    def _handler_names(self) -> set[str]:
        return {handler.name for handlers in self.handlers.values() for handler in handlers}
