"""For how long each class of personal data is kept, and its deletion afterwards."""
