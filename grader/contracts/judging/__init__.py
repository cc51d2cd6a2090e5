"""From a student's answers to a judgement: rows, counterexample, flags. Starts no process, reads no source."""
