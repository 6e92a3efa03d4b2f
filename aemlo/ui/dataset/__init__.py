"""Parts of the Data set page."""
