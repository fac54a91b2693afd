-- Double-entry books for money and stock. The rules are kept here, by the database, whoever writes to it.

CREATE TABLE ledger_account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code <> ''),
  kind text NOT NULL CHECK (kind IN ('money', 'stock')),
  unit text NOT NULL CHECK (unit <> ''),
  floor_zero boolean NOT NULL,
  balance numeric(24, 6) NOT NULL DEFAULT 0 CHECK (balance <> 'NaN'),
  CONSTRAINT ledger_money_has_currency CHECK (kind <> 'money' OR unit ~ '^[A-Z]{3}$'),
  CONSTRAINT ledger_floor CHECK (NOT floor_zero OR balance >= 0)
);
-- Accounts are found by the beginning of their code, byte by byte whatever the collation of the database.
CREATE INDEX ledger_account_under ON ledger_account (code COLLATE "C");

CREATE TABLE ledger_entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  reference text NOT NULL CHECK (reference <> ''),
  memo text NOT NULL DEFAULT '',
  lines integer NOT NULL CHECK (lines >= 2),
  reverses bigint UNIQUE REFERENCES ledger_entry
);
CREATE INDEX ledger_entry_reference ON ledger_entry (reference);

CREATE SEQUENCE ledger_posting_id;
CREATE TABLE ledger_posting (
  id bigint PRIMARY KEY,
  entry bigint NOT NULL REFERENCES ledger_entry,
  account bigint NOT NULL REFERENCES ledger_account,
  amount numeric(24, 6) NOT NULL CHECK (amount <> 0 AND amount <> 'NaN'),
  balance numeric(24, 6) NOT NULL
);
ALTER SEQUENCE ledger_posting_id OWNED BY ledger_posting.id;
CREATE INDEX ledger_posting_entry ON ledger_posting (entry);
CREATE INDEX ledger_posting_account ON ledger_posting (account, id);

-- A posting moves its account's balance and keeps what it became. The number is drawn under the account's lock, so
-- that the order of numbers is the order of balances.
CREATE FUNCTION ledger_apply_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  account_kind text;
BEGIN
  UPDATE ledger_account SET balance = balance + NEW.amount WHERE id = NEW.account
    RETURNING balance, kind INTO NEW.balance, account_kind;
  IF account_kind = 'money' AND scale(trim_scale(NEW.amount)) > 2 THEN
    RAISE EXCEPTION 'ledger: money has at most two decimals, not %', NEW.amount USING ERRCODE = 'check_violation';
  END IF;
  NEW.id := nextval('ledger_posting_id');
  RETURN NEW;
END $$;
CREATE TRIGGER apply_posting BEFORE INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_apply_posting();

-- At commit an entry has all its lines and no more, sums to zero in each unit, and a reversal mirrors its original.
CREATE FUNCTION ledger_check_entry(checked bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  fault text;
BEGIN
  SELECT CASE
    WHEN entry.lines <> (SELECT count(*) FROM ledger_posting posting WHERE posting.entry = checked)
      THEN 'does not have its ' || entry.lines || ' lines'
    WHEN EXISTS (
      SELECT 1 FROM ledger_posting posting JOIN ledger_account account ON account.id = posting.account
      WHERE posting.entry = checked GROUP BY account.kind, account.unit HAVING sum(posting.amount) <> 0)
      THEN 'does not sum to zero in each unit'
    WHEN entry.reverses IS NOT NULL AND EXISTS (
      SELECT 1 FROM ledger_posting posting
      WHERE posting.entry IN (checked, entry.reverses) GROUP BY posting.account HAVING sum(posting.amount) <> 0)
      THEN 'does not mirror entry ' || entry.reverses
    END INTO fault
  FROM ledger_entry entry WHERE entry.id = checked;
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'ledger: entry % %', checked, fault USING ERRCODE = 'check_violation';
  END IF;
END $$;
CREATE FUNCTION ledger_check_new_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_check_entry(NEW.id);
  RETURN NULL;
END $$;
CREATE FUNCTION ledger_check_new_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_check_entry(NEW.entry);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_entry AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_new_entry();
CREATE CONSTRAINT TRIGGER check_posting AFTER INSERT ON ledger_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_new_posting();

-- What is written stays written.
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger: % of % is refused; post a reversal instead', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- A balance changes by a posting only; what an account is never changes. An account begins empty.
CREATE FUNCTION ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.balance <> 0 THEN
      RAISE EXCEPTION 'ledger: account % must begin with balance 0', NEW.code USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSIF (NEW.id, NEW.code, NEW.kind, NEW.unit) IS DISTINCT FROM (OLD.id, OLD.code, OLD.kind, OLD.unit)
    OR (NEW.balance <> OLD.balance AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'ledger: account % changes by postings only', OLD.code USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_account BEFORE INSERT OR UPDATE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_account();
