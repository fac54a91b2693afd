"""Xinglin 杏林: an open, FHIR-native, AI-native hospital platform."""
