-- name: open_account
INSERT INTO ledger_account (code, kind, unit, floor_zero) VALUES (%(code)s, %(kind)s, %(unit)s, %(floor_zero)s)
ON CONFLICT (code) DO NOTHING

-- name: read_account
SELECT code, kind, unit, floor_zero, balance FROM ledger_account WHERE code = %(code)s

-- name: balances
SELECT code, balance FROM ledger_account WHERE code = ANY(%(codes)s)

-- name: lock_accounts
SELECT code, id, kind, unit, floor_zero, balance FROM ledger_account
WHERE code = ANY(%(codes)s) ORDER BY id FOR NO KEY UPDATE

-- name: post
WITH entry AS (
  INSERT INTO ledger_entry (at, reference, memo, lines, reverses)
  VALUES (%(at)s, %(reference)s, %(memo)s, cardinality(%(accounts)s::bigint[]), %(reverses)s)
  RETURNING id
)
INSERT INTO ledger_posting (entry, account, amount)
SELECT entry.id, line.account, line.amount
FROM entry, unnest(%(accounts)s::bigint[], %(amounts)s::numeric[]) WITH ORDINALITY AS line (account, amount, position)
ORDER BY line.position
RETURNING entry

-- name: lock_entry
SELECT entry.reference, entry.reverses,
  (SELECT reversal.id FROM ledger_entry reversal WHERE reversal.reverses = entry.id)
FROM ledger_entry entry WHERE entry.id = %(entry)s FOR UPDATE

-- name: entry_lines
SELECT account.code, posting.amount, account.unit
FROM ledger_posting posting JOIN ledger_account account ON account.id = posting.account
WHERE posting.entry = %(entry)s ORDER BY posting.id

-- name: statement
SELECT posting.id, posting.entry, entry.at, entry.reference, entry.memo, posting.amount, posting.balance
FROM ledger_posting posting JOIN ledger_entry entry ON entry.id = posting.entry
WHERE posting.account = (SELECT id FROM ledger_account WHERE code = %(code)s)
  AND posting.id > %(after)s
  AND entry.at >= COALESCE(%(since)s::timestamptz, '-infinity')
  AND entry.at < COALESCE(%(until)s::timestamptz, 'infinity')
ORDER BY posting.id LIMIT %(limit)s

-- name: faults
SELECT account.code, account.balance, COALESCE(sum(posting.amount), 0)
FROM ledger_account account LEFT JOIN ledger_posting posting ON posting.account = account.id
GROUP BY account.id HAVING account.balance <> COALESCE(sum(posting.amount), 0)

-- name: holdings
SELECT account.code, account.balance
FROM unnest(%(codes)s::text[]) AS wanted (code)
JOIN ledger_account account
  ON account.code = wanted.code
  OR (account.code COLLATE "C" >= wanted.code || ':' AND account.code COLLATE "C" < wanted.code || ';')
WHERE account.balance <> 0
ORDER BY account.code COLLATE "C"

-- name: moved
SELECT account.code, sum(posting.amount)
FROM ledger_entry entry
JOIN ledger_posting posting ON posting.entry = entry.id
JOIN ledger_account account ON account.id = posting.account
WHERE entry.reference = %(reference)s
GROUP BY account.code HAVING sum(posting.amount) <> 0
ORDER BY account.code COLLATE "C"

-- name: movements
SELECT posting.id, posting.entry, entry.at, entry.reference, entry.memo, posting.amount, posting.balance, account.code
FROM ledger_account account
JOIN ledger_posting posting ON posting.account = account.id
JOIN ledger_entry entry ON entry.id = posting.entry
WHERE (account.code = %(code)s
    OR (account.code COLLATE "C" >= %(code)s || ':' AND account.code COLLATE "C" < %(code)s || ';'))
  AND posting.id < %(before)s
ORDER BY posting.id DESC LIMIT %(limit)s
