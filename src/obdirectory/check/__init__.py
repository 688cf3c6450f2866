"""The check: question, evidence in memory, decision, journal, receipt and replay. Start reading in check.py."""
