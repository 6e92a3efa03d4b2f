"""What leaves the product: reports, archives of results, model files."""
