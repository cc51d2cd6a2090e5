"""The HTTP layer below every resource and page: requests, responses, limits, problems."""
