"""The guideline to look up: terms, statements, passages, the taxonomy, pictures of them."""
