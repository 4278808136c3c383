"""What the pages of the explorer are put together from."""
