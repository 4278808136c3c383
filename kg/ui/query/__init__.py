"""Parts of the query page."""
