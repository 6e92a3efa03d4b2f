"""Parts of the Resample page."""
