"""What is read from the directory's tables: the index of the check, people's search, one firm in full, changes, permissions."""
