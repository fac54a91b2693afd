"""FHIRPath (HL7 FHIRPath 2.0): parsed once, compiled to closures.

Two ways lead from an expression to its values:

    expression("Patient.name.given.count() > 1").evaluate(resource)    # [True]
    compile_path("Patient.birthDate", "Patient").evaluate(resource)    # ["1974-12-25"]

`expression` is the whole language, on typed elements. `compile_path` compiles the part that search parameters need
for one type that is known beforehand, to steps over plain JSON; anything else is refused when it is compiled.
"""

from xinglin.fhir.fhirpath.branches import Branch
from xinglin.fhir.fhirpath.compiler import Compiled, compile_path
from xinglin.fhir.fhirpath.environment import Allowance, Environment
from xinglin.fhir.fhirpath.expression import Expression, evaluate, expression
from xinglin.fhir.fhirpath.lexer import FhirPathError, TooCostly
from xinglin.fhir.fhirpath.model import Node, element_node, resource_node
from xinglin.fhir.fhirpath.parser import parse

__all__ = [
    "Allowance",
    "Branch",
    "Compiled",
    "Environment",
    "Expression",
    "FhirPathError",
    "Node",
    "TooCostly",
    "compile_path",
    "element_node",
    "evaluate",
    "expression",
    "parse",
    "resource_node",
]
