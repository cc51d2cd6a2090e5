"""Pages for people: drawn on the server, a noun a file, that work without scripts and load nothing foreign."""
