# An eligible verdict gets a caution that holds, another one that is unchecked.
PREFIX hcc: <https://w3id.org/hcc-kg/>

INSERT { GRAPH ?g { ?one hcc:met hcc:ABL-R1 . ?two hcc:unchecked hcc:ABL-R1 } }
WHERE {
  GRAPH ?g {
    ?one hcc:verdictOn <https://w3id.org/hcc-kg/patient/small-single-tumour> ; hcc:therapy hcc:MicrowaveAblation .
    ?two hcc:verdictOn <https://w3id.org/hcc-kg/patient/small-single-tumour> ; hcc:therapy hcc:Cryoablation .
  }
}
