"""What a diagram says, as plain data: the step between XML and what runs."""
