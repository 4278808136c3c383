"""The page About: what this is and is not, versions, sources, licences, how to cite."""

import polars as pl
import streamlit as st

from kg.keys import ID
from kg.reference.citation import header
from kg.reference.inventory import covered, source_text
from kg.texts import NOTE_ON_USE, counted
from kg.ui import session
from kg.ui.about_parts import notices, parts
from kg.ui.address import link
from kg.ui.restoring import restored
from kg.ui.shell import head
from kg.ui.tables import answers, table
from kg.ui.words import literal, verdict_badge

head("About", "What this is and is not, how verdicts are defined, sources, licences, how to cite.")
g = session.guideline()
about, source = header(g), source_text(g)
restored({})
st.warning(NOTE_ON_USE, icon=":material/info:")

left, right = st.columns(2, gap="large")
with left:
    st.subheader("What this is", anchor=False)
    st.markdown(
        f"**{literal(about.title)}**  \n{literal(about.abstract)}\n\n"
        f"It holds {len(g.therapies)} therapies with criteria, "
        f"{len(g.criteria)} criteria, {counted(len(g.variables.keys() - {ID}), 'variable')}, "
        f"{counted(len(g.recommendations), 'recommendation')} and "
        f"{counted(len(g.statements), 'statement')}."
    )
    st.subheader("What this is not", anchor=False)
    st.markdown(
        "- Not a medical device, and no advice about a patient.\n"
        f"- Not the guideline itself, but a reading of it. What is read: "
        f"{literal(source.definition)} Newer guidelines may say otherwise.\n"
        "- Not free of interpretation: where the wording leaves something undecided, a "
        "reading of ours settles it. Readings are marked wherever they count.\n"
        "- Not complete: "
        + " ".join(
            literal(note)
            for t in (*g.therapies.values(), *g.mentioned.values())
            for note in t.notes
        )
    )
    st.subheader("How verdicts are defined", anchor=False)
    st.markdown(
        "What a record does not say is unknown. A verdict holds for every way of filling the gaps."
    )
    for verdict, (_, definition) in g.verdicts.items():
        st.markdown(f"{verdict_badge(g, verdict)} {literal(definition)}")
with right:
    st.subheader("Version", anchor=False)
    st.markdown(
        f"Version **{literal(about.version)}** of {literal(about.issued)}, by "
        f"{literal(', '.join(about.creators))}, "
        f"licence [{literal(about.licence_name)}]({about.licence})."
    )
    st.caption(f"SHA-256 of the ontology: {about.sha256}")
    st.subheader("How to cite", anchor=False)
    st.code(about.citation, language=None, wrap_lines=True)
    with st.expander("For BibTeX"):
        st.code(about.bibtex, language=None, wrap_lines=True)
    st.subheader("Sources", anchor=False)
    share = covered(g.statements.values()) / source.length
    st.markdown(
        f"**{literal(g.source.title)}**, {literal(g.source.body)}, {literal(g.source.country)}, "
        f"{literal(g.source.year)}. {literal(g.source.reference)}"
        + (f": [{literal(g.source.address)}]({g.source.address})" if g.source.address else "")
        + ".\n\n"
        f"{literal(source.definition)} Statements cover "
        f"{share:.0%} of its {source.length:,} characters. The text itself is not included."
    )
    link("guideline", "Coverage of the text", {"view": "coverage"}, icon=":material/menu_book:")
    st.markdown(
        "**Codes** belong to other vocabularies and are under their licences. Counts by vocabulary:"
    )
    answers("mapping-counts", "mappings", 200)
st.subheader("Licences of bundled software", anchor=False)
st.markdown(parts())
notices()
st.subheader("Modules of the ontology", anchor=False)
table(
    pl.DataFrame(about.modules),
    "modules",
    height=320,
    python="import kg\nimport polars as pl\nfrom kg.reference.citation import header\n\n"
    f"result = pl.DataFrame(header(kg.load(edition={g.edition!r})).modules)\nprint(result)\n",
)
st.subheader("Read more", anchor=False)
st.markdown(
    "In the folder `docs` of the source: `limits.md` (what this cannot do), `findings.md` (what "
    "the guideline gets wrong), `semantics.md` (what a verdict means, and why it is exact), "
    "`editions.md`, `security-and-privacy.md`, and a page on every other part. `hcc-kg --help` "
    "lists the commands."
)
