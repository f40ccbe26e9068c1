"""What stands on the compare screen."""
