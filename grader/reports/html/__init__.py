"""A verdict as HTML, for pages, reports and notebooks: text is escaped where it goes in, and nothing needs a script."""
