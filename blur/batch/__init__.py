"""Many clips in one run: which ones, and one after another."""
