"""Questions and answers: cases, as they are drawn and chosen, the questions to jails, and their answers.

`draw` alone has Hypothesis, in a process of its own.
"""
