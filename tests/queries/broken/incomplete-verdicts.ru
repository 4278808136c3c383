PREFIX hcc: <https://w3id.org/hcc-kg/>

DELETE { GRAPH ?g { ?node hcc:therapy ?t } }
WHERE { GRAPH ?g { ?node hcc:verdictOn <https://w3id.org/hcc-kg/patient/kidney-failure> ; hcc:therapy ?t } }
