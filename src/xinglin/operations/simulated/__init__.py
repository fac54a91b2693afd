"""Partners of the house that are simulated, by real HTTP: for the demonstration and for tests, never for a hospital."""
