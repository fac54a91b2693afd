"""What the synthetic hospital can order: medicines with their limits, tests with their reference ranges."""
