"""Static files under addresses that hold a digest of the content, so that browsers may keep them for ever."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

HERE = Path(__file__).parent / "assets"
KEEP = "public, max-age=31536000, immutable"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
HTMX = "htmx.org/dist/htmx.min.js"
CHARTS = "echarts/dist/echarts.min.js"
FONT = "@fontsource-variable/noto-sans-sc"
NEEDED = (HTMX, CHARTS, f"{FONT}/wght.css")


class MissingPackages(Exception):
    """The front-end packages are not where the settings say; the message tells how to get them."""


@dataclass(frozen=True)
class _File:
    path: Path
    type: str


class Assets:
    """The files that pages may ask for: the project's own, and a fixed list out of the npm packages.

    Nothing outside these two lists is ever served, whatever the address says. `frontend` is the folder `node_modules`.

    Raises:
        MissingPackages: htmx, ECharts or the web font is not in `frontend`.
    """

    def __init__(self, frontend: Path | None) -> None:
        own = {path.relative_to(HERE).as_posix(): path for path in sorted(HERE.rglob("*")) if path.suffix in TYPES}
        vendor = _vendor(frontend)
        self._own = _digest(own)
        self._vendor = _digest(vendor)
        self._files = {
            **{f"{self._own}/{name}": _File(path, TYPES[path.suffix]) for name, path in own.items()},
            **{f"vendor/{self._vendor}/{name}": _File(path, TYPES[path.suffix]) for name, path in vendor.items()},
        }
        self._base = ""

    def mounted_at(self, base: str) -> "Assets":
        """Tells under which address `serve` answers, such as `/static`."""
        self._base = base.rstrip("/")
        return self

    def own(self, name: str) -> str:
        """The address of one of the project's own files, such as `js/main.js`."""
        return self._address(f"{self._own}/{name}")

    def vendor(self, name: str) -> str:
        """The address of a file out of the npm packages: `htmx.js`, `echarts.js` or `font.css`."""
        return self._address(f"vendor/{self._vendor}/{name}")

    def _address(self, key: str) -> str:
        if key not in self._files:
            raise KeyError(f"There is no asset {key.partition('/')[2]}")
        return f"{self._base}/{key}"

    async def serve(self, request: Request) -> Response:
        """The file at the address, or 404."""
        file = self._files.get(request.path_params["path"])
        if file is None:
            raise HTTPException(404)
        return FileResponse(file.path, media_type=file.type, headers={"Cache-Control": KEEP})


def _vendor(frontend: Path | None) -> dict[str, Path]:
    if frontend is None or not all((frontend / name).is_file() for name in NEEDED):
        raise MissingPackages(
            f"Front-end packages are missing in {frontend}. `./run demo` fetches them; "
            "otherwise run `npm ci` and set XINGLIN_FRONTEND to the folder node_modules."
        )
    fonts = sorted((frontend / FONT / "files").glob("*-wght-normal.woff2"))
    return {
        "htmx.js": frontend / HTMX,
        "echarts.js": frontend / CHARTS,
        "font.css": frontend / FONT / "wght.css",
        **{f"files/{path.name}": path for path in fonts},
    }


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
