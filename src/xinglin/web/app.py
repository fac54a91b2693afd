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
from xinglin.platform.settings import Settings
from xinglin.web.actions import Actions
from xinglin.web.assets import Assets
from xinglin.web.lists import Lists
from xinglin.web.pages import Pages
from xinglin.web.rendering import Renderer
from xinglin.web.security import SecurityHeaders
from xinglin.web.sessions import Sessions, forged
from xinglin.web.signin import SignIn

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
    door = Door(application.database, settings, application.local_time)
    entrance = SignIn(application, renderer, door)
    screens = sorted(application.registry.screens.values(), key=lambda screen: screen.name)
    return Starlette(
        routes=[
            Route("/static/{path:path}", assets.serve),
            Route("/signin", entrance.page),
            Route("/signin", guarded(entrance.sign_in), methods=["POST"]),
            Route("/signout", guarded(entrance.sign_out), methods=["POST"]),
            Route("/posts", entrance.posts),
            Route("/post", guarded(entrance.switch_post), methods=["POST"]),
            Route("/locale", guarded(entrance.locale), methods=["POST"]),
            Route("/", pages.home),
            Route("/do/{command}", guarded(actions.do), methods=["POST"]),
            Route("/form/{command}", actions.form),
            Route("/list/{view}.csv", lists.csv),
            Route("/list/{view}", lists.rows),
            Route("/options/{view}", lists.options),
            Route("/badges", lists.badges),
            *(Route(screen.path, pages.screen(screen), name=screen.name) for screen in screens),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Sessions, door=door, settings=settings),
        ],
        exception_handlers={FhirError: pages.refused, HTTPException: pages.failed, Exception: pages.broken},
    )


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
