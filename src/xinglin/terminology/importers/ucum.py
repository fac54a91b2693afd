"""UCUM's units, from ucum-essence.xml. Units that are put together (`mg/dL`) are a grammar and stand in no list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from xinglin.fhir.types import Resource
from xinglin.terminology.concepts import Definition
from xinglin.terminology.importers.files import ImportFault, opened

_UNITS = frozenset({"base-unit", "unit"})


def read(path: Path) -> Iterator[Definition]:
    """Base and derived units, with their names, symbols and what they measure. Raises `ImportFault`."""
    reader = _Reader()
    with opened(path, "ucum-essence.xml") as (file,):
        try:
            reader.parser.ParseFile(file)
        except expat.ExpatError as error:
            raise ImportFault(f"{path.name}: {error}") from error
    if not reader.units:
        raise ImportFault(f"{path.name} holds no units of UCUM")
    yield from reader.units


class _Reader:
    """Collects units while the file is parsed. Declarations of a document type are refused, and with them entities."""

    def __init__(self) -> None:
        self.units: list[Definition] = []
        self.unit: dict[str, Any] | None = None
        self.text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _refuse(self, *_: Any) -> None:
        raise ImportFault("The file declares a document type, which ucum-essence.xml does not")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _UNITS:
            self.unit = {"code": attributes.get("Code", ""), "names": [], "symbols": [], "properties": []}
        self.text.clear()

    def _end(self, name: str) -> None:
        unit, text = self.unit, "".join(self.text).strip()
        self.text.clear()
        if unit is None:
            return
        if name in _UNITS:
            self._finish(unit)
            self.unit = None
        elif text and name in ("name", "printSymbol", "property"):
            unit[{"name": "names", "printSymbol": "symbols", "property": "properties"}[name]].append(text)

    def _finish(self, unit: dict[str, Any]) -> None:
        if not unit["code"]:
            raise ImportFault(f"Line {self.parser.CurrentLineNumber}: a unit has no Code")
        names: list[str] = unit["names"] or [unit["code"]]
        designations: list[Resource] = [{"value": value} for value in (*names[1:], *unit["symbols"])]
        properties = {"property": unit["properties"]} if unit["properties"] else {}
        self.units.append(Definition(unit["code"], names[0], None, tuple(designations), properties))
