"""The page Therapies."""

from kg.ui.shell import head

head("Therapies", "")
