# One patient leaves a class, another joins one.
PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { ?p a hcc:MicrowaveAblationEligible } }
INSERT { GRAPH ?g { <https://w3id.org/hcc-kg/patient/kidney-failure> a hcc:MicrowaveAblationEligible } }
WHERE {
  VALUES ?p { <https://w3id.org/hcc-kg/patient/small-single-tumour> }
  GRAPH ?g { ?p a hcc:MicrowaveAblationEligible }
}
