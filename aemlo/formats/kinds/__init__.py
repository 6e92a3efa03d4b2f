"""One file format a module (or folder), found by scan."""
