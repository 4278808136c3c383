"""Charts of a cohort, saved as SVG and PNG."""

import kg

result = kg.classify_table("patients.csv", "lesions.csv")
for name in ("verdicts", "overlaps", "missing"):
    chart = getattr(kg.charts, name)(result)
    chart.save(f"{name}.svg")
    chart.save(f"{name}.png", ppi=150)
