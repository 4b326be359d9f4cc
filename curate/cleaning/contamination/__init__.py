"""Rows that hold items of benchmarks: found, measured and dropped; see `decontaminate`."""

from curate.cleaning.contamination.decontaminated import Decontaminated
from curate.cleaning.contamination.decontaminating import decontaminate
from curate.cleaning.contamination.profiles import PROFILES, Profile

__all__ = ["PROFILES", "Decontaminated", "Profile", "decontaminate"]
