-- What every package rests on: who may do what, the version of the world, API clients.
-- The roles obd_serve, obd_work, obd_sign and obd_read exist before this file runs.

CREATE SCHEMA IF NOT EXISTS platform;
GRANT USAGE ON SCHEMA platform TO obd_serve, obd_work, obd_read;

-- Whatever later migrations create in any schema: the worker writes it, the web process and readers read it.
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO obd_serve, obd_work, obd_read;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO obd_serve, obd_read;
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO obd_work;
ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO obd_work;

-- The version of each environment's world. It grows in the transaction that changes evidence, so a process that polls it
-- never misses a change, even while notifications do not reach it.
CREATE TABLE platform.world_version (
    environment text PRIMARY KEY CHECK (environment IN ('live', 'sandbox')),
    version bigint NOT NULL CHECK (version >= 0),
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO platform.world_version (environment, version) VALUES ('live', 0), ('sandbox', 0);

-- Callers of the API. The key itself is nowhere; its HMAC is, under a pepper that the database does not hold.
CREATE TABLE platform.api_client (
    key_id text PRIMARY KEY,
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    name text NOT NULL CHECK (name <> ''),
    key_hmac bytea NOT NULL UNIQUE CHECK (octet_length(key_hmac) = 32),
    country text CHECK (country ~ '^[A-Z]{2}$'),
    aspsp text,
    policy text NOT NULL,
    permissions text[] NOT NULL,
    requests_per_second double precision NOT NULL CHECK (requests_per_second > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
REVOKE ALL ON platform.api_client FROM obd_read;
