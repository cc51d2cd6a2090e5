"""The part of a contract's publication that runs in a jail: its reference forward pass, run and differentiated."""
