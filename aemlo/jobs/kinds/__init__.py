"""One kind of long work a module, found by scan."""
