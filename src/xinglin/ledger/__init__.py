"""Double-entry books for money and stock, kept by the database itself."""
