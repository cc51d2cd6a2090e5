"""Lines of the author's solution in the place of a submission's: what can be put where, and running it.

Only wrong submissions are asked for this, in a jail of their own that never decides whether one passes.
"""
