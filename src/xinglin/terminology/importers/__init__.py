"""Reads code systems from the files that their publishers give out. Nothing of them comes with this project."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xinglin.terminology.concepts import Definition
from xinglin.terminology.importers import lists, loinc, snomed, ucum
from xinglin.terminology.importers.files import ImportFault

__all__ = ["KINDS", "ImportFault", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One code system that can be imported. `id` is that of its CodeSystem resource, `file` what `read` expects."""

    id: str
    url: str
    title: str
    file: str
    read: Callable[[Path], Iterator[Definition]]
    value_set: str | None = None


_LIST = "a list with code and name in each line (.txt, .csv, .tsv), or a table with such columns (.csv, .tsv)"

KINDS = {
    kind.id: kind
    for kind in (
        Kind("icd10-clinical", "urn:oid:2.16.156.10011.2.3.3.11", "疾病分类与代码 国家临床版", _LIST, lists.read),
        Kind("icd10-insurance", "urn:xinglin:cs:icd10-insurance", "疾病诊断分类与代码 医保版", _LIST, lists.read),
        Kind("icd9cm3-clinical", "urn:oid:2.16.156.10011.2.3.3.12", "手术操作分类代码 国家临床版", _LIST, lists.read),
        Kind("icd9cm3-insurance", "urn:xinglin:cs:icd9cm3-insurance", "手术操作分类与代码 医保版", _LIST, lists.read),
        Kind("atc", "http://www.whocc.no/atc", "Anatomical Therapeutic Chemical classification", _LIST, lists.read),
        Kind(
            "loinc",
            "http://loinc.org",
            "Logical Observation Identifiers, Names and Codes",
            "Loinc.csv, or the folder or .zip of the release",
            loinc.read,
            "http://loinc.org/vs",
        ),
        Kind(
            "snomed",
            "http://snomed.info/sct",
            "SNOMED CT",
            "the folder or .zip of a release in RF2, of which the snapshot is read",
            snomed.read,
            "http://snomed.info/sct?fhir_vs",
        ),
        Kind("ucum", "http://unitsofmeasure.org", "Unified Code for Units of Measure", "ucum-essence.xml", ucum.read),
    )
}
"""By the word that the command line takes."""
