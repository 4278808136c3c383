PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX oa: <http://www.w3.org/ns/oa#>

DELETE { GRAPH ?g { ?selector oa:end ?end } }
INSERT { GRAPH ?g { ?selector oa:end 99999 } }
WHERE { GRAPH ?g { hcc:S001 oa:hasTarget/oa:hasSelector ?selector . ?selector oa:end ?end } }
