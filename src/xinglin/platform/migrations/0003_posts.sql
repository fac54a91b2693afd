-- Accounts of staff, of patients and of services, and the post in which somebody works: a PractitionerRole.
ALTER TABLE account
  ADD COLUMN kind text NOT NULL DEFAULT 'staff' CHECK (kind IN ('staff', 'patient', 'service')),
  ADD COLUMN patient text CHECK (patient ~ '^Patient/[A-Za-z0-9.-]{1,64}$'),
  ADD COLUMN post text CHECK (post ~ '^PractitionerRole/[A-Za-z0-9.-]{1,64}$'),
  ADD CONSTRAINT account_patient CHECK ((kind = 'patient') = (patient IS NOT NULL)),
  ADD CONSTRAINT account_service CHECK (kind <> 'service' OR (password IS NULL AND practitioner IS NULL)),
  ADD CONSTRAINT account_password CHECK (kind = 'service' OR password IS NOT NULL),
  ALTER COLUMN password DROP NOT NULL;
ALTER TABLE session ADD COLUMN post text;
