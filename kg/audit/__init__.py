"""The audit: what the guideline gets wrong or leaves open, over the whole space of patients."""
