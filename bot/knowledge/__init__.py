"""What the council knows: its written answers, and later the directory of services."""
