"""The communities of the demo: who is there, what they say, and how it goes on by itself."""
