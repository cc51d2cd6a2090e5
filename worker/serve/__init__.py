"""`backmark serve`: every part of a service on one machine, supervised."""
