"""What can be examined, and where, as the store's definitions say: studies and rooms."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.platform.i18n import gettext as _

STUDY = "urn:xinglin:code:examination"
STUDIES = "imaging-studies"
"""Id of the CodeSystem that examinations are chosen from."""

MODALITY = "http://dicom.nema.org/resources/ontology/DCM"
PROPERTIES = "urn:xinglin:extension:examination"
TEMPLATE = "urn:xinglin:extension:report-template"
PLACE_MINUTES = "urn:xinglin:extension:place-minutes"
FLAGS = ("rays", "iodine", "gadolinium", "magnet", "sided")


@dataclass(frozen=True)
class Study:
    """An examination. `rays`, `iodine`, `gadolinium`, `magnet` are what it exposes the patient to; `sided`: the side
    must be named; `sex` where it is for one only; `template` findings and impression of somebody in whom nothing is
    found."""

    code: str
    name: str
    modality: str
    room: str
    site: str
    rays: bool = False
    iodine: bool = False
    gadolinium: bool = False
    magnet: bool = False
    sided: bool = False
    sex: str = ""
    template: tuple[str, str] | None = None

    @property
    def contrast(self) -> bool:
        """Whether a contrast medium is given."""
        return self.iodine or self.gadolinium

    @classmethod
    def from_resource(cls, resource: Resource) -> "Study":
        """From an ActivityDefinition."""
        held = _nested(resource, PROPERTIES)
        written = _nested(resource, TEMPLATE)
        return cls(
            resource["id"],
            str(resource.get("title", resource["id"])),
            str(held.get("modality", "OT")),
            str(held.get("room", "")),
            build.concept_text((resource.get("bodySite") or [None])[0]),
            **{name: bool(held.get(name)) for name in FLAGS},
            sex=str(held.get("sex", "")),
            template=(str(written["findings"]), str(written["impression"])) if written else None,
        )


def _nested(resource: Resource, url: str) -> dict[str, Any]:
    """The parts of an extension of extensions by their urls."""
    outer: Json = next((item for item in resource.get("extension") or () if item["url"] == url), {})
    return {
        part["url"]: next(value for name, value in part.items() if name.startswith("value"))
        for part in outer.get("extension") or ()
    }


@dataclass(frozen=True)
class Room:
    """Where examinations are made. `booked`: patients come at a time that they are given; `hours` of places of
    `minutes`, as pairs of HH:MM."""

    code: str
    name: str
    booked: bool
    minutes: int
    hours: tuple[tuple[str, str], ...]

    @classmethod
    def from_resource(cls, resource: Resource) -> "Room":
        """From a HealthcareService."""
        extensions = {item["url"]: item for item in resource.get("extension") or ()}
        return cls(
            resource["id"],
            str(resource.get("name", resource["id"])),
            bool(resource.get("appointmentRequired")),
            int(extensions.get(PLACE_MINUTES, {}).get("valueInteger", 20)),
            tuple(
                (str(each["availableStartTime"])[:5], str(each["availableEndTime"])[:5])
                for each in resource.get("availableTime") or ()
            ),
        )


async def read_study(context: Context, code: str) -> Study:
    """The examination with this code. Raises `Refused` where the catalogue holds none."""
    held = await read_studies(context, [code])
    if code not in held:
        raise Refused(_("The catalogue holds no examination {code}").format(code=code), expression="study")
    return held[code]


async def read_studies(context: Context, codes: Iterable[str]) -> dict[str, Study]:
    """Examinations by their codes; those that do not exist any more are absent."""
    held = await context.read_many(f"ActivityDefinition/{code}" for code in codes if code)
    known = [item for item in held.values() if item.get("status") == "active" and _nested(item, PROPERTIES)]
    return {item["id"]: Study.from_resource(item) for item in known}


async def read_room(context: Context, code: str) -> Room:
    """A room by the id of its HealthcareService. Raises `Refused` where there is none."""
    try:
        return Room.from_resource(await context.read(f"HealthcareService/{code}"))
    except NotFound:
        raise Refused(_("There is no room {room}").format(room=code)) from None
