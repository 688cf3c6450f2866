-- Registers: every file that was looked at with what became of it, and the rows of the accepted ones as they were published.
-- Rows are closed, never overwritten: a change ends `known` and inserts a new row.

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE SCHEMA registers;

-- One row per file that was looked at, whatever the outcome. The file itself is in the object store under file_sha256.
CREATE TABLE registers.snapshot (
    id text PRIMARY KEY, -- UUIDv7
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    source text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'refused', 'held', 'unchanged', 'failed')),
    reason text NOT NULL DEFAULT '', -- a word; empty when accepted or unchanged
    message text NOT NULL DEFAULT '',
    first boolean NOT NULL DEFAULT false, -- nothing of this source was known at known_at
    origin text NOT NULL CHECK (origin IN ('file', 'network')),
    address text NOT NULL DEFAULT '', -- a URL, or a file name without its folder
    file_sha256 text, -- null when nothing was received
    as_of timestamptz, -- the source's own date of the file
    as_of_from text CHECK (as_of_from IN ('metadata', 'at', 'records')),
    known_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL, -- our clock; differs from known_at when an instant was given
    records integer,
    added integer NOT NULL DEFAULT 0,
    removed integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    statistics jsonb NOT NULL DEFAULT '{}', -- counts of the whole file, what the next one is compared with
    warnings jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX snapshot_by_source ON registers.snapshot (environment, source, known_at DESC, id DESC);

-- The rows of the accepted files as published. Agents lie in a table of their own: 98 % of the EBA's rows, most of them natural persons.
CREATE TABLE registers.record (
    environment text NOT NULL,
    source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('institution', 'branch', 'agent')),
    entity_type text NOT NULL,
    entity_code text NOT NULL,
    authority_code text NOT NULL,
    national_number text,
    number_key text GENERATED ALWAYS AS (translate(upper(btrim(national_number)), ' .-/', '')) STORED, -- core.authorisation_number.normalised
    parent_type text,
    parent_code text,
    active boolean, -- a branch's or agent's own status; null: not stated
    raw bytea NOT NULL,
    raw_sha256 bytea GENERATED ALWAYS AS (sha256(raw)) STORED,
    missing_since_at timestamptz, -- gone from the register since, which is not a withdrawal
    snapshot text NOT NULL,
    known tstzrange NOT NULL
) PARTITION BY LIST (kind);

CREATE TABLE registers.record_firm PARTITION OF registers.record FOR VALUES IN ('institution', 'branch');
CREATE TABLE registers.record_agent PARTITION OF registers.record FOR VALUES IN ('agent');
COMMENT ON TABLE registers.record_agent IS 'personal data: most agents are natural persons; out of search, purged by policy';

ALTER TABLE registers.record_firm ADD CONSTRAINT record_firm_once
    EXCLUDE USING gist (environment WITH =, source WITH =, entity_type WITH =, entity_code WITH =, known WITH &&);
-- An exclusion constraint over hundreds of thousands of agents costs more than it tells; current rows are unique by index.
-- The code comes first: it tells rows apart at once, and two codes are compared a hundred thousand times while a register is written.
CREATE UNIQUE INDEX record_firm_current ON registers.record_firm (entity_code, entity_type, source, environment) WHERE upper_inf(known);
CREATE INDEX record_firm_digest ON registers.record_firm (raw_sha256);
CREATE UNIQUE INDEX record_agent_current ON registers.record_agent (entity_code, entity_type, source, environment) WHERE upper_inf(known);
CREATE INDEX record_agent_past ON registers.record_agent (entity_code, entity_type, source, environment) WHERE NOT upper_inf(known);
CREATE INDEX record_agent_number ON registers.record_agent (number_key, authority_code, environment) WHERE upper_inf(known);
CREATE INDEX record_agent_principal ON registers.record_agent (parent_code, parent_type, source, environment) WHERE upper_inf(known);
