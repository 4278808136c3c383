"""A frame of pandas in, verdicts with reasons out."""

import pandas as pd

import kg

patients = pd.read_csv("patients.csv", dtype=str)
result = kg.classify_table(patients, "lesions.csv", therapies=["rfa", "tace"])
reasons = result.reasons().to_pandas()
ruled_out = reasons[reasons["eligible"].eq(False)]  # None where a verdict is undetermined
print(ruled_out[["patient_id", "therapy", "reason"]].head())
