"""Registers: what authorities publish, fetched, archived, parsed and accepted or refused, source by source."""
