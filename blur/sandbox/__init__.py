"""What Blur gives up before it opens a file: the network, and every file that it has no business with."""
