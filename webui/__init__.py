"""Pages and REST; no business rules."""
