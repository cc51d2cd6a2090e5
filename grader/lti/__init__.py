"""LTI 1.3 without HTTP pages: identities, our keys, connections to platforms. Claims are hostile until verified."""
