"""From a student's answers to a judgement: agreement, rubric, counterexample. Starts no process, reads no source."""
