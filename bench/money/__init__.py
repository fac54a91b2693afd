"""Random histories of money and stock by the hospital's own commands, and the sums that must hold after them."""

from bench.money.history import MEDICINE, Counts, History, Staff
from bench.money.sums import packs, wrong_sums

__all__ = ["MEDICINE", "Counts", "History", "Staff", "packs", "wrong_sums"]
