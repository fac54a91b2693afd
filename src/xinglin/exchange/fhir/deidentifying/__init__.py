"""Resources for research: without whatever is not known to be safe to tell, under pseudonyms, with shifted dates.

After HIPAA's Safe Harbor (45 CFR 164.514(b)(2)) and GB/T 37964-2019. What happens to each element is a table
(`table.py`); its default is that an element is left out. Limits are told in `docs/cryptography.md`.
"""

from xinglin.exchange.fhir.deidentifying.engine import deidentified
from xinglin.exchange.fhir.deidentifying.pseudonyms import Pseudonyms
from xinglin.exchange.fhir.deidentifying.table import TYPES

__all__ = ["TYPES", "Pseudonyms", "deidentified"]
