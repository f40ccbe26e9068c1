"""What stands behind the form for new runs: what was entered, the plan it makes, its command, what it will take."""
