"""The versioned FHIR repository on PostgreSQL."""
