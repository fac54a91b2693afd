"""Coming back to the doctor with results, in the same visit and without another fee."""

from datetime import datetime, timedelta

from xinglin.capabilities.outpatient import queueing, resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.capabilities.outpatient.states import AFTER_CONSULT
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

RETURN_DAYS = 3
"""How many days after the visit somebody may come back with results without a new one."""


@command(
    "outpatient.rejoin",
    title=N_("Back to the doctor"),
    permission="outpatient.register",
    done=N_("In the queue again"),
)
async def rejoin(context: Context, input: VisitStep) -> Resource:
    """Puts a patient who has results into the queue of the same doctor again, in the same visit and without a fee.

    Refused for a visit that was not seen yet, or began more than three days ago.
    """
    encounter = await context.read(input.visit, lock=True)
    state = context.registry.tables["visit"].of(encounter)
    if state is None or state.code not in AFTER_CONSULT:
        raise Refused(
            _("The visit is in state '{state}'; only who has seen the doctor comes back").format(
                state=_(state.title) if state else "—"
            )
        )
    begun = datetime.fromisoformat(encounter["period"]["start"])
    if context.now - begun > timedelta(days=RETURN_DAYS):
        raise Refused(_("The visit is more than {days} days old; please register a new one").format(days=RETURN_DAYS))
    place = context.moved("queue", await visits.queue_place(context, input.visit))
    counts = await queueing.returning_time(context, place["owner"]["reference"])
    place = queueing.from_time(place, counts)
    moment = build.instant(context.now)
    return await context.update(
        {**place, "businessStatus": resources.READY, "authoredOn": moment, "lastModified": moment}
    )
