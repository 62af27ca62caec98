"""SQL to frozen arrays and values: the one place where rows become data."""
