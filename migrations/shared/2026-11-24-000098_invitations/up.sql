-- Accounts that wait for their mailed link to be followed: no account exists before.
CREATE TABLE registrations (
  hash TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL CHECK (email = lower(email)),
  password_hash TEXT NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX registrations_by_email ON registrations (email);
CREATE INDEX registrations_by_age ON registrations (expires_at);
-- Roles offered to an address: held only once its owner has accepted.
CREATE TABLE invitations (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  email TEXT NOT NULL CHECK (email = lower(email)),
  role TEXT NOT NULL,
  invited_by TEXT NOT NULL REFERENCES accounts(id),
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  accepted_by TEXT REFERENCES accounts(id)
);
CREATE UNIQUE INDEX invitations_once ON invitations (organisation_id, email, role) WHERE ended_at IS NULL;
CREATE INDEX invitations_by_email ON invitations (email, created_at);
