"""What the product does: verbs on nouns, inside the scope of an actor."""
