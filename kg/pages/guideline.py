"""The page Guideline."""

from kg.ui.shell import head

head("Guideline", "")
