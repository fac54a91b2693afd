"""Reads a patch in the forms in which FHIR carries one (FHIR R4, RESTful API, patch)."""

import base64
import binascii

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.store.fhirpath_patch import fhirpath_patch
from xinglin.store.patch import MEDIA_TYPE, Patch, json_patch


def patch_in_bundle(resource: Resource) -> Patch:
    """The patch of a bundle's entry: a Binary with a JSON Patch, or Parameters. Raises `BadRequest`, `Invalid`."""
    if resource.get("resourceType") == "Parameters":
        return fhirpath_patch(resource)
    if resource.get("contentType") != MEDIA_TYPE:
        text = f"A patch must be in {MEDIA_TYPE}, not {resource.get('contentType')!r}"
        raise BadRequest(text, expression="Binary.contentType", code="value")
    try:
        return json_patch(json.loads(base64.b64decode(str(resource.get("data", "")), validate=True)))
    except (binascii.Error, json.JsonError) as error:
        raise BadRequest(f"The patch can't be read: {error}", expression="Binary.data", code="structure") from error
