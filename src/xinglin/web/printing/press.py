"""The press: typst with the fonts of the house, away from the event loop and within a time."""

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn as chinese
import segno
import typst

from xinglin.fhir import json
from xinglin.fhir.types import Json
from xinglin.kernel.capability import Registry
from xinglin.kernel.printout import Printout
from xinglin.platform.i18n import gettext as _
from xinglin.web.words import WORDS

PATIENCE = 20.0
"""Seconds that a sheet may take; one takes some milliseconds."""
AT_ONCE = 4
"""Sheets that are set at the same time; further ones wait."""
FRAME = "frame.typ"
_TEXT = re.compile(r'\bt\("((?:[^"\\]|\\.)*)"\)')


class PressError(Exception):
    """A sheet could not be set: the template is faulty, or it took too long."""


class Press:
    """Sets printouts. Templates are read once; they import `/frame.typ` for `sheet`, `data`, `t` and the page."""

    def __init__(self, registry: Registry) -> None:
        self._sources: dict[str, dict[str, bytes]] = {}
        frame = (Path(__file__).parents[1] / "templates" / "print" / FRAME).read_bytes()
        for printout in registry.printouts.values():
            folder, _slash, file = printout.template.partition("/")
            home = Path(str(registry.capabilities[folder].modules[0].__file__)).parent / "templates"
            self._sources[printout.name] = {"main.typ": (home / file).read_bytes(), FRAME: frame}
        paths = [str(chinese.serif_path().parent)]
        self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def print(self, printout: Printout, sheet: Json) -> bytes:
        """A PDF of `sheet`, the data with what the frame adds to them.

        Everything reaches the template as a value of `sys.inputs`; no text of a person is ever read as typst.

        Raises:
            PressError: the template is faulty, or it takes too long.
        """
        given = json.dumps({**sheet, "words": self.words(printout)}).decode()
        async with self._places:
            work = asyncio.to_thread(self._set, printout.name, given)
            try:
                return await asyncio.wait_for(work, PATIENCE)
            except TimeoutError:
                raise PressError(f"{printout.name} was not set within {PATIENCE:.0f} s") from None
            except typst.TypstError as error:
                raise PressError(f"{printout.name}: {error}") from error

    def _set(self, name: str, given: str) -> bytes:
        # Its own types know one file only; several are given as a dict of paths.
        files: Any = self._sources[name]
        return typst.compile(files, font_paths=self._fonts, sys_inputs={"sheet": given}, pdf_standards="1.7")

    def words(self, printout: Printout) -> dict[str, str]:
        """The texts of a template and the words of all codes, in the language in force, by what the template says."""
        sources = (source.decode() for source in self._sources[printout.name].values())
        texts = {text for source in sources for text in texts_of(source)}
        return {**{code: _(text) for code, text in WORDS.items()}, **{text: _(text) for text in texts}}


def texts_of(source: str) -> list[str]:
    """The texts for people in a typst template: what stands in `t("…")`."""
    return [found.replace('\\"', '"').replace("\\\\", "\\") for found in _TEXT.findall(source)]


def qr_code(text: str) -> str:
    """A QR code as SVG, of medium error correction."""
    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawing, kind="svg", border=0, xmldecl=False)
    return drawing.getvalue().decode()
