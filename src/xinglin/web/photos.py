"""Photos of patients, for whoever may see the patient."""

from starlette.requests import Request
from starlette.responses import Response

from xinglin.capabilities.patients.banner import photo
from xinglin.fhir.outcome import NotFound
from xinglin.kernel.application import Application
from xinglin.kernel.errors import NotPermitted
from xinglin.platform.i18n import gettext as _
from xinglin.web.rendering import client_of, here


class Photos:
    """The route `/photo/{id}`, with the version of the Patient in the query so that a new photo is seen at once."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def serve(self, request: Request) -> Response:
        """The photo of a patient. Raises `NotFound` where there is none, or nobody whom the caller may see."""
        if not here(request, self._application.registry).may("patients.read"):
            raise NotPermitted(_("You may not see photos of patients"))
        actor = request.state.actor
        async with (
            self._application.on_record(actor, "patients.photo", client_of(request)) as shown,
            self._application.reading(actor) as context,
        ):
            patient = await context.read(f"Patient/{request.path_params['id']}")
            found = photo(patient)
            if found is None:
                raise NotFound(_("There is no photo"))
            shown.append(f"Patient/{patient['id']}")
        type, content = found
        return Response(content, media_type=type, headers={"Content-Disposition": "inline"})
