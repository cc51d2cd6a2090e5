"""The way of asking that layered networks have of their own, and what is seen of the function on its way."""
