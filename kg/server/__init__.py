"""The endpoint: SPARQL 1.1 Protocol over HTTP, read-only, each query in a process of its own."""
