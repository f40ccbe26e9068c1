"""What stands on the home screen beside the table of runs."""
