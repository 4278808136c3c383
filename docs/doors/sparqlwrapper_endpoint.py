"""SPARQLWrapper and an endpoint, such as that of `hcc-kg serve`."""

import sys

from SPARQLWrapper import JSON, SPARQLWrapper

client = SPARQLWrapper(sys.argv[1], returnFormat=JSON)
client.setQuery("""
    PREFIX hcc: <https://w3id.org/hcc-kg/>
    SELECT ?id { ?patient a hcc:RadiofrequencyAblationEligible ; hcc:patient_id ?id } ORDER BY ?id
""")
for row in client.queryAndConvert()["results"]["bindings"]:
    print(row["id"]["value"])
