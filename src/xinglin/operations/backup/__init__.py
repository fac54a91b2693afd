"""Backups: made whole or not at all, restored into nothing but emptiness, and proved row by row (ADR 25)."""
