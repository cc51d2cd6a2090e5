"""Source in, verdict out: the jails, the candidate in one of them, and the cases that it is asked about."""
