"""Everything outside this process: database, files, keys, network, queue, identity, telemetry, settings."""
