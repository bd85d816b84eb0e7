"""Between the command line and the work: what is shown, and how a command ends."""
