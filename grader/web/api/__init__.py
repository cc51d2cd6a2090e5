"""The HTTP API: one file per resource, with the schemas of its requests and responses."""
