"""The open exchange: how other systems come in."""
