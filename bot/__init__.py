"""Saywhy: a public-service assistant that says why."""
