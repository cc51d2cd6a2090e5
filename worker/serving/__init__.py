"""`backmark serve`: the parts of a service on one machine, under one supervisor. It knows no student code."""
