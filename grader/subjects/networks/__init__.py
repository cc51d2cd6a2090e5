"""Layered networks: how they are drawn, the four steps of their backward pass, and the mistakes that students make."""
