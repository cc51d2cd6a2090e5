"""Explanations of wrong answers: claims about numbers, each of which holds on every case.

A claim about a result must explain every number of it, and must differ from what is right on enough of them. It names a
cause only if the assignment's author did.
"""
