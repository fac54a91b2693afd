"""The hospital: one folder per packaged business capability, each of the same shape.

Capabilities never import each other; they meet through resources, through commands called by name, and through events.
"""
