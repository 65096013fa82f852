"""Measurements. They print figures and never pass or fail: machines differ, so look at the ratios."""
