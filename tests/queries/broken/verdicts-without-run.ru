PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX prov: <http://www.w3.org/ns/prov#>

DELETE { GRAPH ?g { ?table hcc:sha256 ?digest } }
WHERE { GRAPH ?g { ?run prov:used ?table . ?table hcc:sha256 ?digest } }
