"""Helpers of services and commands beside grading: logs, CPUs, the disk's free space, formats of files."""
