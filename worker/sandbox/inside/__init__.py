"""All of our code that runs in the jail: standard library and NumPy, nothing else of ours."""
