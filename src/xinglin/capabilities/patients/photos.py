"""Photos of patients: small pictures that go with the record, known by their content and not by what somebody says."""

import base64
import binascii
import hashlib
import re

from xinglin.fhir.types import Resource
from xinglin.platform.i18n import gettext as _

MOST_BYTES = 64 * 1024
MOST_CHARACTERS = MOST_BYTES * 4 // 3 + 64
MOST_PIXELS = 1024
"""Of a side. The screens scale a picture down before they send it."""

TYPES = ("image/jpeg", "image/png")
_URL = re.compile(r"data:(image/[a-z]+);base64,([A-Za-z0-9+/=\s]+)", re.ASCII)
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
# Baseline, extended and progressive frames: what browsers show.


def parse_photo(url: str) -> Resource:
    """An Attachment from a data URL. Raises `ValueError` that says what is wrong and what is accepted."""
    match = _URL.fullmatch(url.strip())
    try:
        content = base64.b64decode(match[2], validate=False) if match else b""
    except binascii.Error:
        content = b""
    kind, size = _kind(content)
    if not kind:
        raise ValueError(_("The photo must be a JPEG or PNG"))
    if len(content) > MOST_BYTES or max(size) > MOST_PIXELS or min(size) < 1:
        raise ValueError(
            _(
                "The photo has {bytes} bytes, {width} × {height} pixels; at most {most} bytes, {side} pixels a side"
            ).format(bytes=len(content), width=size[0], height=size[1], most=MOST_BYTES, side=MOST_PIXELS)
        )
    return {
        "contentType": kind,
        "data": base64.b64encode(content).decode(),
        "size": len(content),
        "hash": base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode(),
    }


def _kind(content: bytes) -> tuple[str, tuple[int, int]]:
    """The type by the content, and width and height; an empty type for what is neither, or is cut off."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and content.endswith(b"IEND\xaeB`\x82"):
        return "image/png", (int.from_bytes(content[16:20]), int.from_bytes(content[20:24]))
    if content.startswith(b"\xff\xd8\xff") and content.endswith(b"\xff\xd9"):
        size = _jpeg_size(content)
        return ("image/jpeg", size) if size else ("", (0, 0))
    return "", (0, 0)


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker in _FRAMES:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + length
    return None
