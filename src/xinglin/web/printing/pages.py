"""The routes of printouts: the PDF, and whether a paper is still what is stored."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from xinglin.fhir import json
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Json
from xinglin.kernel.application import Application
from xinglin.kernel.printout import LATER, Printout, hospital_name
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import use_locale
from xinglin.platform.settings import Settings
from xinglin.web.printing.press import Press, qr_code
from xinglin.web.rendering import Renderer, client_of, here, query

CODE_BYTES = 10
"""Bytes of a verification code: 16 characters, in groups of four."""
VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""What a browser's own viewer of PDF needs of the policy of the page that it makes; nothing of ours runs there."""


class Printing:
    """The routes `GET /print/{name}` and `GET /print/{name}/check`."""

    def __init__(self, application: Application, renderer: Renderer, settings: Settings) -> None:
        self._application = application
        self._renderer = renderer
        self._locale = settings.locale
        self._press = Press(application.registry)

    async def pdf(self, request: Request) -> Response:
        """A printout as PDF, in the language of the hospital whoever prints; on record before it is given out."""
        printout = self._printout(request)
        asked = dict(request.query_params)
        data, hospital = await self._gathered(request, printout, asked)
        code = verification_code(printout, data)
        address = f"{request.url_for('print-check', name=printout.name)}?{urlencode({**asked, 'code': code})}"
        sheet = {
            "hospital": hospital,
            "paper": printout.paper,
            "code": code,
            "qr": qr_code(address),
            "by": request.state.actor.name,
            "at": self._application.local_time().strftime("%Y-%m-%d %H:%M"),
            "data": data,
        }
        with use_locale(self._locale):
            document = await self._press.print(printout, {**sheet, "title": _(printout.title)})
        name = printout.name.replace(".", "-")
        headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Content-Security-Policy": VIEWER}
        return Response(document, media_type="application/pdf", headers=headers)

    async def check(self, request: Request) -> Response:
        """Tells whether the paper with this code says what is stored now."""
        printout = self._printout(request)
        asked = {name: value for name, value in request.query_params.items() if name != "code"}
        data, _hospital = await self._gathered(request, printout, asked)
        given = request.query_params.get("code", "").strip().upper()
        shown = here(request, self._application.registry, _(printout.title))
        text = self._renderer.render(
            "print_check.html",
            page=shown,
            title=_(printout.title),
            code=given,
            genuine=hmac.compare_digest(given.encode(), verification_code(printout, data).encode()),
            address=query(f"/print/{printout.name}", **asked),
        )
        return HTMLResponse(text)

    def _printout(self, request: Request) -> Printout:
        name = request.path_params["name"]
        printout = self._application.registry.printouts.get(name)
        if printout is None:
            raise NotFound(_("There is no printout {name}").format(name=name))
        return printout

    async def _gathered(self, request: Request, printout: Printout, asked: Mapping[str, str]) -> tuple[Json, str]:
        application, actor = self._application, request.state.actor
        async with (
            application.on_record(
                actor, printout.name, client_of(request), asked, always=True, action="print"
            ) as on_record,
            application.reading(actor) as context,
        ):
            context.demand(printout.permission, printout.title)
            with use_locale(self._locale):
                data = await printout.run(context, asked)
                hospital = await hospital_name(context)
            on_record.append(data)
        return data, hospital


def verification_code(printout: Printout, data: Json) -> str:
    """What tells a paper apart from one that says something else: 80 bits of a digest over what stands on it, but for
    what is added later."""
    lasting = {name: value for name, value in data.items() if name != LATER}
    digest = hashlib.sha256(printout.name.encode() + b"\0" + json.dumps(lasting)).digest()
    text = base64.b32encode(digest[:CODE_BYTES]).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
