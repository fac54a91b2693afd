"""Fixtures for all tests."""

pytest_plugins = ["tests.postgres", "tests.hospital", "tests.shared_data"]
