# An undetermined verdict misses nothing, an eligible one misses something.
PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { ?open hcc:missing ?fact } }
INSERT { GRAPH ?g { ?settled hcc:missing hcc:ecog } }
WHERE {
  GRAPH ?g {
    ?open hcc:verdictOn <https://w3id.org/hcc-kg/patient/referral-letter-only> ; hcc:therapy hcc:SurgicalResection ;
      hcc:missing ?fact .
    ?settled hcc:verdictOn <https://w3id.org/hcc-kg/patient/small-single-tumour> ; hcc:therapy hcc:MicrowaveAblation .
  }
}
