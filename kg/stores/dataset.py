"""A store as a dataset of rdflib, by way of oxrdflib: both see the same triples."""

from __future__ import annotations

from collections.abc import Mapping

import rdflib
from oxrdflib import OxigraphStore as Shared

from kg.stores.oxigraph import OxigraphStore


def dataset_of(store: OxigraphStore, prefixes: Mapping[str, str]) -> rdflib.Dataset:
    """Return a dataset over the store, whose default graph is the union of all graphs."""
    dataset = rdflib.Dataset(store=Shared(store=store.dataset), default_union=True)
    for prefix, namespace in prefixes.items():
        dataset.bind(prefix, namespace, replace=True)
    return dataset
