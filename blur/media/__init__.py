"""Reading and writing of files. The only place that imports av, ffmpeg and Pillow."""
