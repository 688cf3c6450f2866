-- Trust: which lists were looked at and which counted, and the revocation answers that are kept. The files are in the object store.
-- Rows are never overwritten: what counted at an instant is the newest list accepted by then.

CREATE SCHEMA trust;

-- One row per list that was judged. A refusal that only repeats the last one of its address is not written again.
CREATE TABLE trust.trusted_list (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    territory text, -- as the list writes it: EL, UK, EU; null when the file does not even say that
    sequence integer,
    version smallint,
    issued_at timestamptz,
    next_update_at timestamptz, -- null: the scheme is closed
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'), -- of the archived file; null when nothing was received
    prepared_sha256 text CHECK (prepared_sha256 ~ '^[0-9a-f]{64}$'), -- what was read from its signed part, ready to load
    signer_sha256 text CHECK (signer_sha256 ~ '^[0-9a-f]{64}$'),
    address text NOT NULL, -- a URL, or a file name without its folder
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'expired', 'refused')),
    reason text NOT NULL DEFAULT '', -- a word; empty when accepted
    message text NOT NULL DEFAULT '',
    services integer NOT NULL DEFAULT 0,
    web_services integer NOT NULL DEFAULT 0, -- granted for website authentication when the list was issued
    known_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(), -- our clock; differs from known_at when an instant was given
    CHECK (outcome = 'refused' OR (sha256 IS NOT NULL AND prepared_sha256 IS NOT NULL AND sequence IS NOT NULL AND issued_at IS NOT NULL))
);
CREATE INDEX trusted_list_by_territory ON trust.trusted_list (environment, territory, known_at DESC, id DESC);
CREATE UNIQUE INDEX trusted_list_counted_once ON trust.trusted_list (environment, territory, sha256, known_at) WHERE outcome <> 'refused';

-- Where each territory's list is said to be, and how the last look at it ended.
CREATE TABLE trust.list_source (
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    territory text NOT NULL,
    address text NOT NULL,
    etag text, -- of the list that counts, so that an unchanged list need not be sent again
    last_modified text,
    sha256 text, -- of the file that etag and last_modified belong to
    checked_at timestamptz, -- null: named by the list of lists, never looked at
    outcome text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    message text NOT NULL DEFAULT '',
    PRIMARY KEY (environment, territory)
);

-- CRLs and OCSP answers that were judged, refused ones too.
CREATE TABLE trust.revocation_answer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    kind text NOT NULL CHECK (kind IN ('crl', 'ocsp')),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    address text NOT NULL,
    issuer_der bytea, -- name and key of the authority it speaks for; null when refused
    issuer_spki_der bytea,
    serial_number bytea, -- OCSP: the certificate asked about, big endian
    this_update_at timestamptz,
    next_update_at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'expired', 'refused')),
    reason text NOT NULL DEFAULT '',
    message text NOT NULL DEFAULT '',
    known_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CHECK (outcome = 'refused' OR (issuer_der IS NOT NULL AND issuer_spki_der IS NOT NULL AND this_update_at IS NOT NULL))
);
CREATE INDEX revocation_answer_by_time ON trust.revocation_answer (environment, known_at DESC, id DESC);
CREATE INDEX revocation_answer_by_file ON trust.revocation_answer (environment, sha256);
