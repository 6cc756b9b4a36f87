"""Acts that touch several capabilities, one file each; read top to bottom, each ends by restating."""
