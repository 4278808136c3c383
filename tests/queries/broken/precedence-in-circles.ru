PREFIX hcc: <https://w3id.org/hcc-kg/>

INSERT DATA { GRAPH <https://w3id.org/hcc-kg/graph/ontology> { hcc:REC-1 hcc:precedes hcc:REC-2 } }
