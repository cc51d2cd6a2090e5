"""The HTTP API: a file a resource, and the schemas of what it takes and returns."""
