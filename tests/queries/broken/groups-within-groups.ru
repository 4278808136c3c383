PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>

DELETE { GRAPH ?g { ?cell rdf:first hcc:ABL-C1 } }
INSERT { GRAPH ?g { ?cell rdf:first hcc:HAI-COMMON } }
WHERE { GRAPH ?g { ?cell rdf:first hcc:ABL-C1 } }
