"""Questions to the graph, columns of your own among them; the answers are frames."""

import kg

g = kg.graph("patients.csv", "lesions.csv")
print(g.ask("why-ruled-out", patient="vp3-thrombus", therapy="rfa").to_pandas())
g.add([{"patient_id": "vp3-thrombus", "months": 7.5}])
print(
    g.ask("""
        PREFIX hcc: <https://w3id.org/hcc-kg/> PREFIX own: <https://w3id.org/hcc-kg/own/>
        SELECT ?id ?months { ?patient hcc:patient_id ?id ; own:months ?months }
    """)
)
