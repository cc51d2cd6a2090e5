"""May an assignment be used: the reference passes, and every known mistake fails."""
