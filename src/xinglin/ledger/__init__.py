"""Double-entry books for money and stock, kept by the database itself."""

from xinglin.ledger.books import (
    Account,
    AlreadyReversed,
    Books,
    InsufficientBalance,
    LedgerError,
    Movement,
    StatementLine,
    Unbalanced,
    UnknownAccount,
)

__all__ = [
    "Account",
    "AlreadyReversed",
    "Books",
    "InsufficientBalance",
    "LedgerError",
    "Movement",
    "StatementLine",
    "Unbalanced",
    "UnknownAccount",
]
