"""Starts Rasa, the action server and the gateway, keeps them running, and ends them together."""
