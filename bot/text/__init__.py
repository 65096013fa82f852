"""Reading what people type: clean text, personal data, crisis words. And the sentences that Saywhy itself says."""
