"""What can be asked of students: one folder a kind of homework. Nobody else knows which it has."""
