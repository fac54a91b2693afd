"""Courses of disease, a file for each department."""
