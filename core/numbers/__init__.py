"""A company's numbers: what answers them, and who shows them."""
