"""The only readers of the environment: `machine` for a command, `service` for the processes of a server."""
