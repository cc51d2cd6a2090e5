"""Backups: everything that the store holds, in one file, as it was at one moment; and back into an empty store."""
