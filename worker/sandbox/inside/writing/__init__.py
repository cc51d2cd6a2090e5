"""Programs that are made of a submission's text, none of which runs here."""
