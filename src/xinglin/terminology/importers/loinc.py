"""LOINC, from the table of its release (LOINC Users' Guide, appendix on the structure of the LOINC table)."""

from collections.abc import Iterator
from pathlib import Path

from xinglin.terminology.concepts import Definition
from xinglin.terminology.importers.files import ImportFault, opened, table

AXES = ("COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "STATUS", "CLASSTYPE")
"""Columns that become properties of the same name (FHIR R4, Using LOINC with FHIR)."""

_NAMES = ("SHORTNAME", "DisplayName", "CONSUMER_NAME")
_INACTIVE = frozenset({"DEPRECATED", "DISCOURAGED"})


def read(path: Path) -> Iterator[Definition]:
    """The terms of Loinc.csv, with their Chinese names where the release holds the variant. Raises `ImportFault`."""
    chinese = _chinese(path)
    with opened(path, "Loinc.csv") as (file,):
        for row in table(file, "LOINC_NUM", "LONG_COMMON_NAME", *AXES[:6], "STATUS"):
            code = row["LOINC_NUM"]
            names = [{"language": "en", "value": row[column]} for column in _NAMES if row.get(column)]
            if code in chinese:
                names.append({"language": "zh-CN", "value": chinese[code]})
            properties = {axis: [row[axis]] for axis in AXES if row.get(axis)}
            display = row["LONG_COMMON_NAME"] or row["COMPONENT"] or code
            active = row["STATUS"] not in _INACTIVE
            yield Definition(code, display, None, tuple(names), properties, active=active)


def _chinese(path: Path) -> dict[str, str]:
    """Code → Chinese name; empty where the release comes without the variant."""
    if path.is_file() and path.suffix == ".csv":
        return {}
    try:
        with opened(path, "zhCN*LinguisticVariant.csv") as (file,):
            rows = table(file, "LOINC_NUM", "COMPONENT")
            return {row["LOINC_NUM"]: row.get("LONG_COMMON_NAME") or row["COMPONENT"] for row in rows}
    except ImportFault:
        return {}
