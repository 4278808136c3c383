PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX dcterms: <http://purl.org/dc/terms/>

DELETE { GRAPH ?g { hcc:ABL-C1 dcterms:source ?s } }
WHERE { GRAPH ?g { hcc:ABL-C1 dcterms:source ?s } }
