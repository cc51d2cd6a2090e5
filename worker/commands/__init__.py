"""What each command does, and its words; imported when it is asked for, so that `backmark grade` starts quickly."""
