"""The kinds of homework that students can be asked for, one folder a kind. Nobody else knows which it has."""
