"""A report on a selection of runs: a folder with a page, tables and figures that can be published."""
