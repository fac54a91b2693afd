"""Printouts as PDF: set by typst from templates of the house and data that never become part of a template."""
