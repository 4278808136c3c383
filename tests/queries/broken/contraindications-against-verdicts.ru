# A contraindicated verdict loses its reason, an eligible one gets one.
PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { ?without hcc:met ?c } }
INSERT { GRAPH ?g { ?with hcc:met hcc:ABL-C1 } }
WHERE {
  GRAPH ?g {
    ?without hcc:verdictOn <https://w3id.org/hcc-kg/patient/kidney-failure> ; hcc:therapy hcc:MicrowaveAblation ; hcc:met ?c .
    ?with hcc:verdictOn <https://w3id.org/hcc-kg/patient/small-single-tumour> ; hcc:therapy hcc:MicrowaveAblation .
  }
}
