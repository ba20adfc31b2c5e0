"""Runs BPMN diagrams: the only package that knows SpiffWorkflow; it knows no process and no record by name."""
