"""The tabs of the screen of one run: a file each, with what it draws (pure functions) and the widget that shows it."""
