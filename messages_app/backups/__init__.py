"""Backups of the database, encrypted, with a manifest and the list of erased numbers beside them."""
