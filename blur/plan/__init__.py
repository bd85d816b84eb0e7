"""The plan: for every frame time, which regions are covered and why. Pure data."""
