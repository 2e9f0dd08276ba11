"""VIP lists: whom a company serves first, answers in another way, or does not answer at all (VIP)."""
