"""From a layered assignment, a file of settings, to the contract's folder that asks for the same homework.

What is written is checked by the reader of contracts.
"""
