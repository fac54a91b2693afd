"""Running the thing: database, server and worker together, the demonstration, loading, and how it all is."""
