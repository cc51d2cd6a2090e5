"""From a layered assignment, a file of settings, to the contract's folder that asks for the same homework.

Reads no module of any kind of assignment: what is written is checked by the reader of contracts.
"""
