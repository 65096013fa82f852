"""Tests of bot/brain. They run in Rasa's environment (make brain-tests) and import nothing from the rest of tests."""
