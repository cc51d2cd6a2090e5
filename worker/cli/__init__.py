"""The command line: a file for each command in `commands/`, and beside them what several commands share."""
