"""Templates: the Jinja environment with the component library, and what every page knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from jinja2 import pass_context as with_context
from jinja2.runtime import Context as TemplateContext
from markupsafe import Markup
from starlette.requests import Request

from xinglin.kernel.capability import Registry
from xinglin.kernel.roles import role_name
from xinglin.kernel.states import State
from xinglin.platform import i18n
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Actor
from xinglin.web.assets import Assets
from xinglin.web.filters import filters
from xinglin.web.forms import Form, build_form
from xinglin.web.tables import Table, build_table

ADDRESSES = {
    "home": "/",
    "signin": "/signin",
    "signout": "/signout",
    "step": "/signin/step",
    "account": "/account",
    "posts": "/posts",
    "post": "/post",
    "locale": "/locale",
    "badges": "/badges",
    "notices": "/notices",
}
"""Pages that belong to no capability."""


@dataclass(frozen=True)
class RailEntry:
    """A workstation in the rail."""

    title: str
    path: str
    icon: str
    current: bool
    badge: str | None
    badge_id: str
    badge_title: str


@dataclass(frozen=True)
class Here:
    """What every page knows of its request. `actor` is None before sign-in."""

    title: str
    here: str
    csrf: str
    locale: str
    actor: Actor | None
    permissions: frozenset[str]
    rail: tuple[RailEntry, ...] = ()

    @property
    def language(self) -> str:
        """The page's language as a BCP 47 tag."""
        return "zh-CN" if self.locale == "zh_CN" else self.locale

    @property
    def roles(self) -> list[str]:
        """Names of the person's roles."""
        return [role_name(code) for code in self.actor.roles] if self.actor else []

    def may(self, permission: str) -> bool:
        """Tells whether the person holds `permission`."""
        return permission in self.permissions


class Renderer:
    """Renders templates of the web floor (`layout.html`) and of capabilities (`pharmacy/counter.html`)."""

    def __init__(self, registry: Registry, assets: Assets, zone: ZoneInfo) -> None:
        self.registry = registry
        self._assets = assets
        capabilities = {
            item.name: FileSystemLoader(Path(str(item.modules[0].__file__)).parent / "templates")
            for item in registry.capabilities.values()
        }
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader("xinglin.web"), PrefixLoader(capabilities)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]
            i18n.gettext, i18n.ngettext, newstyle=False
        )
        self._environment.globals.update(self._helpers())
        self._environment.filters.update(filters(zone))

    def render(self, template: str, **values: Any) -> str:
        """The text of `template`."""
        return self._environment.get_template(template).render(**values)

    def form_template(self, form: Form) -> list[str]:
        """Names of the templates of a command's form, the special one first."""
        verb = form.command.name.partition(".")[2]
        return [f"{form.command.capability}/forms/{verb}.html", "ui/form_fields.html"]

    def _helpers(self) -> dict[str, Any]:
        registry = self.registry

        @with_context
        def table(context: TemplateContext, name: str, page: Any, *only: str, **filters: Any) -> Table:
            view = registry.views[name]
            return build_table(registry, view, page, context["page"].permissions, filters, only=only)

        @with_context
        def can(context: TemplateContext, command: str) -> bool:
            return registry.commands[command].permission in context["page"].permissions

        @with_context
        def may_print(context: TemplateContext, name: str) -> bool:
            return registry.printouts[name].permission in context["page"].permissions

        @with_context
        def csrf_input(context: TemplateContext) -> Markup:
            return Markup('<input type="hidden" name="_csrf" value="{}">').format(context["page"].csrf)

        return {
            "asset": self._assets.own,
            "vendor": self._assets.vendor,
            "vendor_styles": [self._assets.vendor("font.css")],
            "icon": self._icon,
            "url": ADDRESSES.__getitem__,
            "query": query,
            "table": table,
            "can": can,
            "may_print": may_print,
            "csrf_input": csrf_input,
            "form": self._form,
            "form_template": self.form_template,
            "form_query": form_query,
            "state": self._state,
            "state_title": self._state_title,
            "commands": registry.commands,
            "printouts": registry.printouts,
        }

    def _form(self, command: str, **values: Any) -> Form:
        choices, shown, then = values.pop("_choices", None), values.pop("_shown", None), values.pop("_next", None)
        rows = values.pop("_rows", None)
        return build_form(self.registry.commands[command], values, choices=choices, rows=rows, shown=shown, next=then)

    def _state(self, table: str, resource: Mapping[str, Any]) -> State | None:
        return self.registry.tables[table].of(dict(resource))

    def _state_title(self, table: str, code: str) -> str:
        return next((_(item.title) for item in self.registry.tables[table].states if item.code == code), code)

    def _icon(self, name: str, extra: str = "") -> Markup:
        return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
            extra, self._assets.own("icons.svg"), name
        )


def rail(registry: Registry, permissions: frozenset[str], path: str) -> tuple[RailEntry, ...]:
    """The workstations that a person with `permissions` may enter, in their order."""
    screens = sorted(registry.screens.values(), key=lambda item: (item.order, item.name))
    return tuple(
        RailEntry(
            _(screen.title),
            screen.path,
            screen.icon,
            path == screen.path or path.startswith(f"{screen.path}/"),
            screen.badge,
            f"badge-{screen.name.replace('.', '-')}",
            _(registry.views[screen.badge].title) if screen.badge else "",
        )
        for screen in screens
        if screen.icon and screen.permission in permissions
    )


def client_of(request: Request) -> str | None:
    """The network address that a request comes from, for the audit."""
    return request.client.host if request.client else None


def here(request: Request, registry: Registry, title: str = "") -> Here:
    """What every page knows, from the request and the session that belongs to it."""
    actor: Actor | None = request.state.actor
    permissions = actor.limited(registry.permissions(actor.roles)) if actor else frozenset()
    path = request.url.path
    return Here(
        title=title,
        here=f"{path}?{request.url.query}" if request.url.query else path,
        csrf=request.state.csrf,
        locale=request.state.locale,
        actor=actor,
        permissions=permissions,
        rail=rail(registry, permissions, path),
    )


def form_query(form: Form) -> dict[str, Any]:
    """What a form knows already, as the query of its dialog."""
    items = [item for item in form.fields.values() if item.widget != "reason" and item.texts]
    known: dict[str, Any] = {item.name: item.texts if len(item.texts) > 1 else item.texts[0] for item in items}
    return {**known, **({"_next": form.next} if form.next else {})}


def query(path: str, **values: Any) -> str:
    """An address with a query; blank values are left out, of a list each is named."""
    kept = {
        name: [str(item) for item in value] if isinstance(value, list | tuple) else str(value)
        for name, value in values.items()
        if value not in (None, "")
    }
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path
