"""A verdict in the forms that other systems read. Students may see all of them: flags, for staff, are in none."""
