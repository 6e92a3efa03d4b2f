"""From a Dataset to the matrix that a classifier sees."""
