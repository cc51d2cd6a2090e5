"""The diagnosis of wrong answers: small wrong backward passes, and which of them explain every network.

Pure NumPy, no input or output. Nothing is named that does not explain every answer.
"""
