PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { hcc:ABL-C2d hcc:kind ?kind } }
INSERT { GRAPH ?g { hcc:ABL-C2d hcc:kind hcc:RelativeContraindication } }
WHERE { GRAPH ?g { hcc:ABL-C2d hcc:kind ?kind } }
