"""Saved questions: their files, parameters, answers, and a guarded place to ask them."""
