"""Inputs that several commands of a visit share."""

from pydantic import Field

from xinglin.kernel.command import Input
from xinglin.kernel.text import N_


class OfAppointment(Input):
    """The visit that an appointment is for."""

    appointment: str = Field(title=N_("Appointment"), pattern=r"^Appointment/")


class VisitStep(Input):
    """A visit that goes on to its next state."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
