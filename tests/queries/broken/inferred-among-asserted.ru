# A verdict among records, and a record among verdicts.
PREFIX hcc: <https://w3id.org/hcc-kg/>

INSERT DATA {
  GRAPH <https://w3id.org/hcc-kg/graph/cohort/example> { <https://w3id.org/hcc-kg/patient/x/verdict/rfa> hcc:verdictOn <https://w3id.org/hcc-kg/patient/x> }
  GRAPH <https://w3id.org/hcc-kg/graph/verdicts/example> { <https://w3id.org/hcc-kg/patient/x> hcc:patient_id "x" }
}
