"""Static files."""

import os
import re
from pathlib import Path

import pytest

from xinglin.web.assets import HERE, Assets, MissingPackages

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = Path(os.environ.get("XINGLIN_FRONTEND", ROOT / "node_modules"))
TEMPLATES = [*(ROOT / "src" / "xinglin").rglob("templates/**/*.html")]


def test_missing_packages_are_named_with_the_remedy(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        with pytest.raises(MissingPackages, match=r"npm ci"):
            Assets(folder)


def test_addresses_hold_a_digest_of_the_content() -> None:
    assets = Assets(FRONTEND).mounted_at("/static")
    assert re.fullmatch(r"/static/[0-9a-f]{16}/tokens\.css", assets.own("tokens.css"))
    assert re.fullmatch(r"/static/vendor/[0-9a-f]{16}/htmx\.js", assets.vendor("htmx.js"))
    with pytest.raises(KeyError):
        assets.own("../app.py")


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (HERE / "icons.svg").read_text(encoding="utf-8")))
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r'icon(?:_name)?[=(]\s*"([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert used
    assert used <= sprite


def test_templates_hold_no_inline_style_or_script() -> None:
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert not re.search(r"\son[a-z]+=\"", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("paper", "ground", "hover")),
    *((tone, f"{tone}-soft") for tone in ("brand", "danger", "warn", "good", "info")),
    ("brand-ink", "brand"),
    ("brand", "paper"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(theme: str, ink: str, ground: str) -> None:
    text = (HERE / "tokens.css").read_text(encoding="utf-8")
    light, dark = text.split('[data-theme="dark"]', 1)
    tokens = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", light))
    if theme == "dark":
        tokens |= dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", dark.split("}", 1)[0]))
    high, low = sorted((luminance(tokens[ink]), luminance(tokens[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
