"""HTTP: the raw route of the check, the API and the pages; nothing is decided here."""
