"""The kinds of notifications: which events each sends, and what it posts of one. A file a kind, listed in `registry`.

Signing, retries and where a post may go are the same for all of them: `backmark.worker.service.deliveries`.
"""
