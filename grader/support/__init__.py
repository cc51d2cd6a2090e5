"""Helpers of services and commands beside grading: logs, the disk's free space, formats of files by first bytes."""
