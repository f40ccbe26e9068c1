"""The interactive application (Textual): a view of the run directories, and a remote control over them."""
