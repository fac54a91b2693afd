"""FHIR's XML form (FHIR R4, XML Representation of Resources), to and from its JSON form.

    resource = xml.loads(data)      # BadRequest names the line and the element
    data = xml.dumps(resource)

Numbers keep the digits written. A narrative is kept as the text that it is. Document types and entities are refused,
so that no document can grow by them or reach for files.
"""

from xinglin.fhir.xml.reader import loads
from xinglin.fhir.xml.writer import dumps

__all__ = ["dumps", "loads"]
