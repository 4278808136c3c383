"""Parts of pages that run in the browser, all of them sent by this machine."""
