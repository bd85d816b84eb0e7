"""What an output must show before it is published."""
