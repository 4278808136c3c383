# One term with two codes, and one code with two terms.
PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

INSERT DATA { GRAPH <https://w3id.org/hcc-kg/graph/mappings> {
  hcc:m1 hcc:predicate skos:exactMatch ; hcc:codeSystem "X" ; hcc:subject hcc:inr ;
    skos:notation "1" .
  hcc:m2 hcc:predicate skos:exactMatch ; hcc:codeSystem "X" ; hcc:subject hcc:inr ;
    skos:notation "2" .
  hcc:m3 hcc:predicate skos:exactMatch ; hcc:codeSystem "Y" ; hcc:subject hcc:ascites ;
    skos:notation "1" .
  hcc:m4 hcc:predicate skos:exactMatch ; hcc:codeSystem "Y" ; hcc:subject hcc:cachexia ;
    skos:notation "1" .
} }
