"""The shape that FHIR data has everywhere in Xinglin: plain JSON objects."""

from typing import Any, TypeAlias

Resource: TypeAlias = dict[str, Any]
"""A FHIR resource as a JSON object: `resourceType`, usually `id` and `meta`, and the elements of its type."""

Json: TypeAlias = Any
"""Any JSON value: an object, array, string, number, boolean or null."""
