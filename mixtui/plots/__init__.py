"""Drawing in the terminal. `canvas` is the only module that imports plotext."""
