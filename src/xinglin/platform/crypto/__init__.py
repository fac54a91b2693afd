"""The one place for cryptography: two suites of algorithms, and the keys of the installation."""

from xinglin.platform.crypto.suites import INTERNATIONAL, SM, SUITES, Suite, suite_of

__all__ = ["INTERNATIONAL", "SM", "SUITES", "Suite", "suite_of"]
