"""Notices: what nobody may overlook, whatever page they are on."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Notice:
    """A bar above every page of those who may see the `view`, as long as it has rows.

    `template` is its Jinja file in the capability's `templates` folder; it sees the view's rows as `rows`. Pages ask
    for their notices when they are opened and every twenty seconds; what a notice shows is on record as with any view.
    """

    name: str
    view: str
    template: str

    @property
    def capability(self) -> str:
        """The capability that gives it: the name up to the dot."""
        return self.name.partition(".")[0]


def fault(notice: Notice, views: dict[str, Any]) -> str:
    """What a notice names and nobody offers; blank if sound."""
    return "" if notice.view in views else f"names view {notice.view}, which nobody offers"
