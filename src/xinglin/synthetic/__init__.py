"""The synthetic hospital: a whole hospital of people who don't exist, the same for the same seed, byte by byte."""
