"""The workers and sweepers of a service. A message only says where to look; the store has the truth."""
