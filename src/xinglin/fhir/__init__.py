"""FHIR R4 as code: definitions, validation, FHIRPath, search grammar. Pure: no I/O, no clock."""
