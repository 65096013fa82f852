"""The desk: cases, the queue, opening hours, claims, and the people who sign in."""
