"""What services and commands need beside grading: logs, the disk's free space, formats of files by first bytes."""
