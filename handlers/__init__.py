"""What service tasks do: one module per practice, one function per topic."""
