"""From a submitted file to the statements of it that are executed; nothing of it is executed here."""
