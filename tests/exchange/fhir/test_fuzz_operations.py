"""Requests that make no sense never bring the server down: each gets an answer, and none is the server's own fault."""

import json
import os
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.fhir import xml
from xinglin.fhir.validation import validate

EXAMPLES = int(os.environ.get("XINGLIN_FUZZ_EXAMPLES", "600"))
"""Requests to make; before a release, 10,000 and more."""

ALL = {"Authorization": "fhir.read fhir.write fhir.export fhir.import fhir.expunge"}


def either(text: str) -> st.SearchStrategy[str]:
    """One of the words of a text."""
    return st.sampled_from(text.split())


words = either(
    """Patient Observation CodeSystem ValueSet ConceptMap Task Group a b _history _search 1 metadata %00 %F0%9F
    $expand $lookup $validate $validate-code $meta-add $everything $expunge $export $export-status $import
    $import-status $translate $subsumes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"""
) | st.text(st.characters(exclude_characters="\n"), max_size=4).map(
    lambda text: "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))
)
names = either(
    """_count _since _at _cursor _format _pretty _sort _id identifier name birthdate _include url code system filter
    offset count mode task _type limit _total expungeDeletedResources codeA codeB name:contains code:in date
    _lastUpdated"""
)
values = (
    either(
        """0 -1 1 99999999999999999999 a a|b | , \\ json xml true 2026 2026-13 ge2026-02-30 0000 9999-12-31 W10
        Patient:link % _ urn:x"""
    )
    | st.sampled_from(["", "é" * 300, "\0", "\ud7ff"])
    | st.text(max_size=6)
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | values
keys = either(
    """resourceType id meta tag code op path value from entry request method url resource type parameter name valueSet
    compose include system concept filter property valueString content status fullUrl ifMatch ifNoneExist identifier
    extension"""
)
words_in_json = scalars | either(
    """Patient Bundle Parameters ValueSet Binary transaction batch PUT PATCH GET DELETE POST Patient/a _history
    Patient?identifier=a add remove copy /a /name/0"""
)
documents = st.recursive(
    words_in_json, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=12
)
entries = st.fixed_dictionaries(
    {"request": st.fixed_dictionaries({"method": words_in_json, "url": words_in_json})},
    optional={"resource": documents, "fullUrl": values},
)
bundles = st.fixed_dictionaries(
    {"resourceType": st.just("Bundle"), "type": st.sampled_from(["batch", "transaction"])},
    optional={"entry": st.lists(entries, max_size=3)},
)
headers = st.dictionaries(
    either("If-Match If-None-Match If-None-Exist If-Modified-Since Prefer Accept Content-Type"),
    either(
        """* W/"1" "x" application/fhir+json application/json-patch+json application/fhir+ndjson text/plain a=b&c ;;,,
        application/x-www-form-urlencoded application/json;q=x return=minimal respond-async identifier=a"""
    )
    | st.sampled_from(["", "Mon, 01 Jan 2024 00:00:00 GMT"]),
    max_size=3,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    path=st.lists(words, max_size=4),
    query=st.lists(st.tuples(names, values), max_size=3),
    body=documents | bundles,
    extra=headers,
)
async def test_no_request_is_the_servers_fault(
    client: httpx.AsyncClient,
    method: str,
    path: list[str],
    query: list[tuple[str, str]],
    body: Any,
    extra: dict[str, str],
) -> None:
    content = json.dumps(body).encode() if method not in ("GET", "HEAD", "OPTIONS") else b""
    url = httpx.URL(f"http://hospital/fhir/{'/'.join(path)}", params=query)
    response = await client.request(method, url, content=content, headers={**ALL, **extra})
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and method != "HEAD" and response.headers.get("content-type") != "text/plain":
        written_in_xml = response.headers["content-type"] == "application/fhir+xml"
        assert validate(xml.loads(response.content) if written_in_xml else response.json()) == []
