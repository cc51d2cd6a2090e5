"""Which networks are drawn, and what is judged on them."""
