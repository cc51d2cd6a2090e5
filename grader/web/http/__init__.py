"""The machinery of HTTP that every resource and page stands on: reading, answering, limits, problems."""
