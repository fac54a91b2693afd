"""Measurements. Each module has a `main()` that prints a table and, as its last line, the same as JSON."""
