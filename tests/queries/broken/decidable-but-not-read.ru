# One of each fault.
PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { ?s hcc:decidable ?was } }
INSERT { GRAPH ?g { ?s hcc:decidable ?is } }
WHERE {
  VALUES (?s ?was ?is) { (hcc:S002 false true) (hcc:S001 true false) }
  GRAPH ?g { ?s hcc:decidable ?was }
}
