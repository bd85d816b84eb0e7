"""Finding faces in a picture. No detector here can tell who it is."""
