"""Route lists: where a call goes by the digits that its caller keys in (ADM)."""
