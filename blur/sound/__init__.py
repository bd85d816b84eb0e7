"""What becomes of a clip's sound."""
