"""Use cases, one verb a module. Keyword-only, typed, one transaction; they return values, never responses."""
