"""What a service's workers and sweepers run. A message only says where to look: what is true stands in the store."""
