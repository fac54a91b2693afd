"""Random histories of money and stock by the hospital's own commands, and the sums that must hold after them."""

from bench.money.history import Counts, History, Staff
from bench.money.sums import wrong_sums

__all__ = ["Counts", "History", "Staff", "wrong_sums"]
