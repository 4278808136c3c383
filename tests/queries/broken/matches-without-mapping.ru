# A match that no mapping accounts for, and a mapping whose match is gone.
PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

DELETE DATA { GRAPH <https://w3id.org/hcc-kg/graph/mappings> {
  hcc:LiverTransplantation skos:exactMatch <http://snomed.info/id/18027006>
} } ;
INSERT DATA { GRAPH <https://w3id.org/hcc-kg/graph/mappings> {
  hcc:inr skos:exactMatch <http://example.org/1>
} }
