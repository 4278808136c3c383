"""What a checkout holds that is generated: pages, blocks of pages, templates, rows of questions."""
