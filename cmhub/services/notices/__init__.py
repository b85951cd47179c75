"""What users are told: the kinds there are, how each is told, and what one has to read."""
