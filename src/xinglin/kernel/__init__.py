"""What a command, a view, a state table, an event, a screen and a capability are, and how one of them runs.

A capability declares; the kernel does the rest: it checks who may, opens the one transaction, enforces the state
tables, records the audit entry and the idempotency key, publishes the events, and hands the same declaration to the
screens and to the HTTP interface.
"""
