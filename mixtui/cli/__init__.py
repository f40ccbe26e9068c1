"""The commands. Thin: heavy imports stand inside the functions."""
