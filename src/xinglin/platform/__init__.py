"""What every part of the house needs to run: settings, database, identity, audit, jobs, outbox, languages."""
