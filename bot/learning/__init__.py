"""Learning from talk: from a question that nobody could answer to a published answer, and back."""
