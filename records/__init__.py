"""The facts: records of the operations room, and rules that are pure."""
