"""The page Patient."""

from kg.ui.shell import head

head("Patient", "")
