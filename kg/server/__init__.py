"""The endpoint: SPARQL 1.1 Protocol over HTTP, read-only, with every query in a process of its own."""
