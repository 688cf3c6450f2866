"""The words of the field: authorities, numbers, countries, payment services, findings and errors. Imports nothing of ours."""
