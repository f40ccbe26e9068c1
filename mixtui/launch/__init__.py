"""Starting and stopping training processes. No torch."""
