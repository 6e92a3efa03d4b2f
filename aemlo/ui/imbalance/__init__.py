"""Parts of the Imbalance page."""
