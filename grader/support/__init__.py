"""Helpers of services and commands beside grading: logs, CPUs, disk space, formats of files, files written whole."""
