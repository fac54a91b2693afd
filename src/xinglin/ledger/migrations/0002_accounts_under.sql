-- step: what an attempt that was broken off left
DROP INDEX CONCURRENTLY IF EXISTS ledger_account_under;

-- step: accounts are found by the beginning of their code, byte by byte whatever the collation of the database
CREATE INDEX CONCURRENTLY ledger_account_under ON ledger_account (code COLLATE "C");
