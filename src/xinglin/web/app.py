"""The web application: routes from the registry, under the middlewares that every page needs."""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xinglin.fhir.outcome import FhirError
from xinglin.kernel.application import Application
from xinglin.platform.door import Door
from xinglin.platform.own_account import OwnAccount
from xinglin.platform.settings import Settings
from xinglin.web.account import AccountPages
from xinglin.web.actions import Actions
from xinglin.web.assets import Assets
from xinglin.web.devices import Devices, device_of
from xinglin.web.elsewhere import Elsewhere
from xinglin.web.lists import Lists
from xinglin.web.notices import Notices
from xinglin.web.pages import Pages
from xinglin.web.photos import Photos
from xinglin.web.printing.pages import Printing
from xinglin.web.rendering import Renderer
from xinglin.web.security import SecurityHeaders
from xinglin.web.sessions import Sessions, forged
from xinglin.web.signin import SignIn
from xinglin.web.steps import Steps

LARGEST_FORM = 1_000_000
"""Bytes of a form; nobody types more."""

Endpoint = Callable[[Request], Awaitable[Response]]


def create_web(application: Application, settings: Settings) -> Starlette:
    """The screens of `application` as an ASGI application, to be mounted at the root of the server.

    Raises:
        MissingPackages: the front-end packages are not where the settings say.
    """
    assets = Assets(settings.frontend).mounted_at("/static")
    renderer = Renderer(application.registry, assets, ZoneInfo(settings.timezone))
    pages = Pages(application, renderer)
    actions = Actions(application, renderer)
    lists = Lists(application, renderer)
    printing = Printing(application, renderer, settings)
    door = Door(application.database, settings, application.local_time)
    screens = sorted(application.registry.screens.values(), key=lambda screen: screen.name)
    return Starlette(
        routes=[
            Route("/static/{path:path}", assets.serve),
            *_people(application, renderer, settings, door),
            Route("/", pages.home),
            Route("/do/{command}", guarded(actions.do), methods=["POST"]),
            Route("/form/{command}", actions.form),
            Route("/list/{view}.csv", lists.csv),
            Route("/list/{view}.xlsx", lists.workbook),
            Route("/list/{view}", lists.rows),
            Route("/options/{view}", lists.options),
            Route("/badges", lists.badges),
            Route("/notices", Notices(application, renderer).bars),
            Route("/print/{name}", printing.pdf),
            Route("/print/{name}/check", printing.check, name="print-check"),
            Route("/photo/{id}", Photos(application).serve),
            *(Route(screen.path, pages.screen(screen), name=screen.name) for screen in screens),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Sessions, door=door, settings=settings, device=device_of),
        ],
        exception_handlers={FhirError: pages.refused, HTTPException: pages.failed, Exception: pages.broken},
    )


def _people(application: Application, renderer: Renderer, settings: Settings, door: Door) -> list[Route]:
    """What people do at the door and with their own account."""
    entrance = SignIn(application, renderer, door, settings.providers)
    steps, elsewhere = Steps(application, renderer, door), Elsewhere(door, entrance, settings)
    account = AccountPages(application, renderer, OwnAccount(application.database, settings, application.local_time))
    devices = Devices(renderer, door)
    pages: dict[str, Endpoint] = {
        "/device": devices.page,
        "/signin": entrance.page,
        "/signin/step": steps.page,
        "/signin/with/{number:int}": elsewhere.leave,
        "/signin/callback": elsewhere.callback,
        "/account": account.page,
        "/posts": entrance.posts,
    }
    changes: dict[str, Endpoint] = {
        "/device": devices.enter,
        "/signin": entrance.sign_in,
        "/signin/step/code": steps.code,
        "/signin/step/enrolment": steps.enrolment,
        "/signin/step/renewal": steps.renewal,
        "/signout": entrance.sign_out,
        "/post": entrance.switch_post,
        "/locale": entrance.locale,
        "/account/password": account.password,
        "/account/factor": account.set_factor,
        "/account/factor/codes": account.recovery_codes,
        "/account/factor/removal": account.remove_factor,
        "/account/sessions": account.end_others,
    }
    return [
        *(Route(path, endpoint) for path, endpoint in pages.items()),
        *(Route(path, guarded(endpoint), methods=["POST"]) for path, endpoint in changes.items()),
    ]


def guarded(endpoint: Endpoint) -> Endpoint:
    """`endpoint` behind the checks that the request comes from one of our own pages and is no bigger than a form."""

    async def checked(request: Request) -> Response:
        size = request.headers.get("Content-Length", "")
        if not size.isdecimal():
            raise HTTPException(411)
        if int(size) > LARGEST_FORM:
            raise HTTPException(413)
        if await forged(request):
            raise HTTPException(403)
        return await endpoint(request)

    return checked
