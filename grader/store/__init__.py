"""What is recorded, in Redis. One noun a file; whatever changes more than one key is one script in scripts/."""
