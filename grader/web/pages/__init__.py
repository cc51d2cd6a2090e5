"""What people look at: pages drawn on the server, one noun a file, that work without scripts and load nothing foreign."""
