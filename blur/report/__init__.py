"""What was done to a clip, to be read by a person or a program."""
