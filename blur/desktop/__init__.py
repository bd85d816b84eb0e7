"""The window: drop videos, look at the doubtful seconds, publish. Only here: PySide6.

It has no eyes of its own. The engine runs as a child process (`engine`), and the window reads its events.
"""
