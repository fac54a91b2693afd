"""What the payment gateway tells by itself: `POST /callbacks/payments`, signed with the shared secret."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from xinglin.capabilities.billing.gateway import called_back
from xinglin.fhir import json
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.application import Application
from xinglin.platform.settings import Settings
from xinglin.platform.signed_http import BadSignature, verify

LARGEST = 10_000


def create_callbacks(application: Application, settings: Settings) -> Starlette:
    """The door for the gateway. Without a shared secret nobody may call."""

    async def payments(request: Request) -> Response:
        length = request.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            return JSONResponse({"error": "a body of at most 10 kB is taken, with its length"}, 413)
        body = await request.body()
        try:
            if settings.payment_secret is None:
                raise BadSignature("no secret is shared")
            verify(settings.payment_secret, request.headers, body, application.clock())
        except BadSignature as error:
            return JSONResponse({"error": str(error)}, 401)
        try:
            values = json.loads(body)
            await called_back(application, values if isinstance(values, dict) else {})
        except ValueError:
            return JSONResponse({"error": "the body is no JSON"}, 400)
        except FhirError as error:
            return JSONResponse({"error": str(error)}, error.status)
        return JSONResponse({"status": "noted"})

    return Starlette(routes=[Route("/payments", payments, methods=["POST"])])
