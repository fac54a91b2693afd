"""Code systems, value sets and concept maps: kept as FHIR resources, searched by code, characters, pinyin, initials."""

from xinglin.terminology.catalogue import Catalogue, catalogue
from xinglin.terminology.concepts import Concept

__all__ = ["Catalogue", "Concept", "catalogue"]
