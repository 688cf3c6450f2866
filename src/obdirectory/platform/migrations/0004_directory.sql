-- The directory: firms as understood after merging register rows; institutions and branches only, agents stay in registers.record_agent.
-- Two times: `valid` (true in the world) and `known` (by us). Rows are closed, never overwritten; reads go through the *_known functions.

CREATE SCHEMA directory;

-- Firms. The id is derived from the key that founded the firm; it never changes and is never used again.
CREATE TABLE directory.entity (
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    entity_id text NOT NULL,
    source text NOT NULL,
    entity_type text NOT NULL,
    entity_code text NOT NULL,
    founded_in text NOT NULL, -- snapshot
    PRIMARY KEY (environment, entity_id)
);

-- Two firms turned out to be one: the larger id goes on as an alias of the smaller.
CREATE TABLE directory.entity_alias (
    environment text NOT NULL,
    alias_id text NOT NULL,
    entity_id text NOT NULL,
    snapshot text NOT NULL,
    known tstzrange NOT NULL,
    EXCLUDE USING gist (environment WITH =, alias_id WITH =, known WITH &&)
);

-- One register row of an institution or branch, read: who it is and which firm it belongs to.
CREATE TABLE directory.entry (
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    source text NOT NULL,
    entity_type text NOT NULL,
    entity_code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('institution', 'branch')),
    entity_id text, -- null: a branch whose parent is in no register
    authority_code text NOT NULL, -- as the register writes it
    authority text, -- as certificates write it (DE-BAFIN); null: an authority we do not know
    number text NOT NULL, -- the national number as written, else the last part of the code
    name text NOT NULL, -- the one shown; names has them all
    names text[] NOT NULL,
    country text NOT NULL,
    address text NOT NULL,
    authorised_on date[] NOT NULL, -- authorised, withdrawn, authorised …; empty: unknown
    parent_type text,
    parent_code text,
    child_active boolean,
    lei text,
    bic text,
    company_number text,
    roles text[] NOT NULL, -- curated entries only
    exclusions text[] NOT NULL,
    deviations text[] NOT NULL, -- word: what was seen
    record_sha256 text NOT NULL,
    content_sha256 text NOT NULL,
    first_seen_at timestamptz NOT NULL, -- known_at of the first snapshot that had this row
    missing_since_at timestamptz,
    snapshot text NOT NULL,
    known tstzrange NOT NULL,
    EXCLUDE USING gist (environment WITH =, source WITH =, entity_type WITH =, entity_code WITH =, known WITH &&)
);
CREATE INDEX entry_by_entity ON directory.entry (environment, entity_id);
CREATE UNIQUE INDEX entry_current ON directory.entry (entity_code, entity_type, source, environment) WHERE upper_inf(known);
CREATE INDEX entry_by_number ON directory.entry (environment, (translate(upper(btrim(number)), ' .-/', '')));

-- When a firm was authorised, by its register's own dates.
CREATE TABLE directory.authorisation (
    environment text NOT NULL,
    source text NOT NULL,
    entity_type text NOT NULL,
    entity_code text NOT NULL,
    valid daterange NOT NULL,
    snapshot text NOT NULL,
    known tstzrange NOT NULL,
    EXCLUDE USING gist (environment WITH =, source WITH =, entity_type WITH =, entity_code WITH =, valid WITH &&, known WITH &&)
);

-- One payment service in one country. Registers give passports no dates: `valid` starts when first seen and ends when first missed.
CREATE TABLE directory.passport (
    environment text NOT NULL,
    source text NOT NULL,
    entity_type text NOT NULL,
    entity_code text NOT NULL,
    country text NOT NULL,
    service_code text NOT NULL,
    valid daterange NOT NULL,
    observed boolean NOT NULL DEFAULT true, -- the dates are those of our looking, not the register's
    first_seen_at timestamptz NOT NULL,
    missing_since_at timestamptz,
    snapshot text NOT NULL,
    known tstzrange NOT NULL
);
CREATE INDEX passport_of_entry ON directory.passport (entity_code, entity_type, source, environment);
-- One row that still holds per service and country; a service that vanished and came back has two that do not overlap.
CREATE UNIQUE INDEX passport_current ON directory.passport (entity_code, country, service_code, entity_type, source, environment)
    WHERE upper_inf(known) AND missing_since_at IS NULL;

-- What one accepted snapshot changed, property by property; agents' lines go when agents are purged.
CREATE TABLE directory.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL,
    source text NOT NULL,
    snapshot text NOT NULL,
    known_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('institution', 'branch', 'agent')),
    op text NOT NULL CHECK (op IN ('add', 'change', 'remove')),
    entity_type text NOT NULL,
    entity_code text NOT NULL,
    property text, -- null for add and remove
    old jsonb,
    new jsonb
);
CREATE INDEX change_of_entry ON directory.change (environment, source, entity_type, entity_code, known_at);
CREATE INDEX change_by_snapshot ON directory.change (snapshot);

-- Something a person must look at: a number that hits two firms, registers that contradict each other, a service a type cannot have.
CREATE TABLE directory.case_file (
    environment text NOT NULL,
    case_id text NOT NULL, -- UUIDv7
    kind text NOT NULL,
    subject text NOT NULL,
    message text NOT NULL,
    entries text[] NOT NULL, -- source type code
    opened_at timestamptz NOT NULL,
    opened_in text NOT NULL, -- snapshot
    closed_at timestamptz,
    closed_in text,
    PRIMARY KEY (environment, case_id)
);
CREATE UNIQUE INDEX case_file_open ON directory.case_file (environment, kind, subject) WHERE closed_at IS NULL;

-- What was known at an instant. `valid` is for the reader to ask, since most want the intervals.
CREATE FUNCTION directory.entries_known(environment text, known_at timestamptz) RETURNS SETOF directory.entry LANGUAGE sql STABLE AS
    $$ SELECT * FROM directory.entry AS e WHERE e.environment = $1 AND e.known @> $2 $$;
CREATE FUNCTION directory.authorisations_known(environment text, known_at timestamptz) RETURNS SETOF directory.authorisation LANGUAGE sql STABLE AS
    $$ SELECT * FROM directory.authorisation AS a WHERE a.environment = $1 AND a.known @> $2 $$;
CREATE FUNCTION directory.passports_known(environment text, known_at timestamptz) RETURNS SETOF directory.passport LANGUAGE sql STABLE AS
    $$ SELECT * FROM directory.passport AS p WHERE p.environment = $1 AND p.known @> $2 $$;
-- The accepted snapshot of each source that counted at an instant; as_of includes that of later files with the same bytes.
CREATE FUNCTION registers.sources_known(environment text, known_at timestamptz)
    RETURNS TABLE (source text, snapshot text, file_sha256 text, as_of timestamptz, recorded_at timestamptz, known_at timestamptz) LANGUAGE sql STABLE AS
    $$ SELECT DISTINCT ON (s.source) s.source, s.id, s.file_sha256,
              (SELECT max(u.as_of) FROM registers.snapshot AS u
               WHERE u.environment = $1 AND u.source = s.source AND u.outcome IN ('accepted', 'unchanged')
                 AND u.known_at <= $2 AND u.file_sha256 = s.file_sha256),
              s.recorded_at, s.known_at
       FROM registers.snapshot AS s
       WHERE s.environment = $1 AND s.outcome = 'accepted' AND s.known_at <= $2
       ORDER BY s.source, s.known_at DESC, s.id DESC $$;
