"""Screens: how commands and views are laid out on a workstation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xinglin.kernel.context import Context


@dataclass(frozen=True)
class Screen:
    """A page. `path` is its address, `template` its Jinja file in the capability's `templates` folder.

    `run` turns the address' query into what the template shows. With a `rail` icon the screen stands in the rail on
    the left; `badge` names the view whose count the rail shows. `recorded`: opening it is on record even where it
    shows no patient, with what was asked for.
    """

    name: str
    title: str
    path: str
    permission: str
    template: str
    run: Callable[["Context", Mapping[str, str]], Awaitable[dict[str, Any]]]
    icon: str | None = None
    badge: str | None = None
    order: int = 100
    recorded: bool = False


def screen(
    name: str,
    *,
    title: str,
    path: str,
    permission: str,
    template: str,
    icon: str | None = None,
    badge: str | None = None,
    order: int = 100,
    recorded: bool = False,
) -> Callable[[Callable[["Context", Mapping[str, str]], Awaitable[dict[str, Any]]]], Screen]:
    """Declares a function `async (context, query) -> what the template shows` as a screen."""

    def declare(run: Callable[["Context", Mapping[str, str]], Awaitable[dict[str, Any]]]) -> Screen:
        return Screen(name, title, path, permission, template, run, icon, badge, order, recorded)

    return declare
