"""Requests to others: the addresses that notifications and LTI may go to, and connections to checked addresses."""
