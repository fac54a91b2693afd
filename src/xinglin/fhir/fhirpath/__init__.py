"""FHIRPath (HL7 FHIRPath 2.0): parsed once, compiled for the type it starts from.

The whole grammar is parsed. Compiled is the part that search parameters and path expressions of R4 need; anything
else is refused with `FhirPathError` when it is compiled, never when it runs.

    birth = compile_path("Patient.birthDate", "Patient")
    birth.evaluate(resource)        # ["1974-12-25"]
"""

from xinglin.fhir.fhirpath.branches import Branch
from xinglin.fhir.fhirpath.compiler import Compiled, compile_path
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.parser import parse

__all__ = ["Branch", "Compiled", "FhirPathError", "compile_path", "parse"]
