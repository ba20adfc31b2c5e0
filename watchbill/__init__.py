"""The command, the settings, and the one place that wires the other packages together."""
