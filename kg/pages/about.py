"""The page About."""

from kg.ui.shell import head

head("About", "")
