"""The functions of FHIRPath, by the chapters of the specification. Importing this package registers all of them."""

from xinglin.fhir.fhirpath.functions import (
    boundaries,
    collections,
    conversion,
    elements,
    existence,
    math,
    strings,
    types,
    utility,
)

__all__ = ["boundaries", "collections", "conversion", "elements", "existence", "math", "strings", "types", "utility"]
