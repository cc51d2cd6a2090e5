"""The jail. It knows no answers: of ours it imports only the errors."""
