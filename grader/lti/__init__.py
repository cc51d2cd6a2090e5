"""LTI 1.3 without pages: identities, our keys, requests to platforms, the verification of what comes from them."""
