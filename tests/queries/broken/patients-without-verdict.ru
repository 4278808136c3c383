PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { ?node hcc:verdictOn ?p } }
WHERE {
  GRAPH ?g {
    ?node hcc:verdictOn ?p ; hcc:therapy hcc:SurgicalResection .
    FILTER(?p = <https://w3id.org/hcc-kg/patient/kidney-failure>)
  }
}
