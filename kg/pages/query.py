"""The page Query."""

from kg.ui.shell import head

head("Query", "")
