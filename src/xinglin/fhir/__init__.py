"""FHIR R4 as code: definitions, validation, FHIRPath and the search grammar. Pure: no database, no network, no clock."""
