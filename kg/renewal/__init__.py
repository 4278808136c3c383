"""What a checkout holds that is generated: pages, blocks of pages, rows of questions."""
