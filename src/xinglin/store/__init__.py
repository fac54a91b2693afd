"""The versioned FHIR repository on PostgreSQL. `Repository` is the way in; docs/store.md tells how it works."""
