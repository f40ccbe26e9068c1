"""The run directory: its files, its events, and the state they tell. No torch, no Textual."""
