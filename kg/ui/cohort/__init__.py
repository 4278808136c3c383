"""The parts of the page Cohort."""
