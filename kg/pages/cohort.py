"""The page Cohort."""

from kg.ui.shell import head

head("Cohort", "")
