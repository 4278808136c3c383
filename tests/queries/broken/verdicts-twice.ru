PREFIX hcc: <https://w3id.org/hcc-kg/>

INSERT { GRAPH ?g { ?node hcc:verdict hcc:EligibleVerdict } }
WHERE {
  GRAPH ?g { ?node hcc:verdictOn <https://w3id.org/hcc-kg/patient/kidney-failure> ; hcc:therapy hcc:RadiofrequencyAblation }
}
