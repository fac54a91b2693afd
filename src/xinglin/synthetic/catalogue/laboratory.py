"""What doctors of the synthetic hospital order: the hospital's own catalogues of tests and examinations."""

from xinglin.capabilities.imaging.catalogue import STUDY
from xinglin.capabilities.imaging.definitions import studies
from xinglin.capabilities.laboratory.catalogue import TEST, Analyte, Panel, Range
from xinglin.capabilities.laboratory.definitions import analytes, panels

__all__ = ["STUDY", "TEST", "Analyte", "Panel", "Range", "analytes", "panels", "studies"]
