"""What can be asked of students: one folder a kind of homework. Nothing below the judge knows which it has."""
