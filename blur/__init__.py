"""Blur finds and covers the faces in a video, on the machine where it lies."""

__version__ = "0.1.0"
