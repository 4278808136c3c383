PREFIX hcc: <https://w3id.org/hcc-kg/>

INSERT { GRAPH ?g { ?node hcc:met hcc:HAI-I1 } }
WHERE {
  GRAPH ?g { ?node hcc:verdictOn <https://w3id.org/hcc-kg/patient/kidney-failure> ; hcc:therapy hcc:MicrowaveAblation }
}
