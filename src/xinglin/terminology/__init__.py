"""Code systems and their search: by code, by characters, by pinyin and by the initials of pinyin."""

from xinglin.terminology.catalogue import Catalogue, Concept, catalogue

__all__ = ["Catalogue", "Concept", "catalogue"]
