# ABL-C2d leaves the union of its therapy: the list cell before it ends there.
PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>

DELETE { GRAPH ?g { ?cell rdf:first hcc:ABL-C2d } }
WHERE { GRAPH ?g { ?cell rdf:first hcc:ABL-C2d } }
