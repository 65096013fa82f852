"""The channels through which citizens write. Each accepts into the same inbox and reads from the same store."""
