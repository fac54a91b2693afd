"""What doctors of the synthetic hospital order: the laboratory's own catalogue, and examinations with a written
finding."""

from dataclasses import dataclass
from functools import cache

from xinglin.capabilities.laboratory.catalogue import TEST, Analyte, Panel, Range
from xinglin.capabilities.laboratory.definitions import analytes, panels
from xinglin.synthetic.catalogue.laboratory_tables import STUDIES

__all__ = ["TEST", "Analyte", "Panel", "Range", "Study", "analytes", "panels", "studies"]


@dataclass(frozen=True)
class Study:
    """An examination with a written finding. Minutes until the report; `radiation` is kept from the pregnant."""

    code: str
    name: str
    price: str
    minutes: int
    radiation: bool


@cache
def studies() -> dict[str, Study]:
    """Every examination with a written finding, by its code."""
    rows = [line.split("|") for line in STUDIES.strip().splitlines()]
    return {row[0]: Study(row[0], row[1], row[2], int(row[3]), row[4] == "x") for row in rows}
