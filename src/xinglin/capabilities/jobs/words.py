"""What jobs, events and channels are called by people, and what of their data is shown."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

TASKS = {
    "fhir.export": N_("Bulk export"),
    "fhir.import": N_("Bulk import"),
    "store.reindex": N_("Indexing"),
    "hospital.close_yesterday": N_("End of yesterday's appointments and queues"),
    "platform.sweep": N_("Removal of what has expired"),
}
KINDS = {"export": N_("Bulk export"), "import": N_("Bulk import"), "reindex": N_("Indexing")}
STATES = {
    "waiting": N_("Queued"),
    "resting": N_("Waiting after a failure"),
    "running": N_("Running"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
    "requested": N_("Queued"),
    "in-progress": N_("Running"),
    "completed": N_("Completed"),
}
CHANNELS = {"subscription": N_("Subscription"), "webhook": N_("Webhook"), "nats": N_("Message broker")}
_ID = re.compile(r"[A-Za-z0-9/_.:-]{0,80}")


def named(words: Mapping[str, str], code: str) -> str:
    """The word for a code in the reader's language; a code that nobody has named stands for itself."""
    return _(words[code]) if code in words else code


def channel_title(channel: str) -> str:
    """A channel of deliveries, such as `subscription/1`."""
    kind, _slash, id = channel.partition("/")
    return f"{named(CHANNELS, kind)} {id}".strip()


def data_shown(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of what a job or an event was given: ids and codes. Texts, which may tell of a person, are
    left out, and so is what lies deeper, and what the platform itself sends along."""
    return [(name, value if isinstance(value, str) and _ID.fullmatch(value) else "…") for name, value in _texts(data)]


def _texts(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    own = {name: value for name, value in data.items() if not name.startswith("_")}
    return [(name, str(value) if isinstance(value, int | float) else value) for name, value in sorted(own.items())]


def kind_of_error(error: str) -> str:
    """The kind of an error, without its text, which may quote a record."""
    return error.partition(":")[0].partition(" at ")[0]


def local(context: Context, at: datetime | None) -> str:
    """A moment as people read it; nothing for none."""
    return "" if at is None else f"{at.astimezone(context.zone):%Y-%m-%d %H:%M:%S}"
