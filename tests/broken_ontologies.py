"""Ways to break the ontology, one a row: the check that must tell, the edit, and what it says.

An edit replaces text within one block of a module, or in its header where no block is named.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from kg.checks.registry import CheckFinding, CheckOutcome, Material, outcomes
from kg.paths import ontology_folder

_PROJECT = Path(__file__).parents[1] / "pyproject.toml"
VERSION = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"]


class Checked(NamedTuple):
    """What came of all checks."""

    outcomes: list[CheckOutcome]

    @property
    def findings(self) -> list[CheckFinding]:
        return [finding for outcome in self.outcomes for finding in outcome.findings]


def checked(folder: Path | None = None, edition: str | None = None, *, reasoner: bool) -> Checked:
    """Check an edition of the ontology in a folder, or else of the one that ships."""
    return Checked([*outcomes(Material(folder or ontology_folder(), edition), reasoner=reasoner)])


class Broken(NamedTuple):
    """One edit of the ontology, with the check that must find it and the words it must use."""

    check: str
    module: str
    block: str
    old: str
    new: str
    subject: str
    message: str

    @property
    def edition(self) -> str | None:
        """The edition whose checks must find it: that of the module, if it has one."""
        folder, _, _ = self.module.rpartition("/")
        return folder or None

    def apply(self, folder: Path) -> None:
        """Edit the module in a folder."""
        path = folder / f"{self.module}.ttl"
        text = path.read_text(encoding="utf-8")
        start = text.index(f"\n{self.block}\n" if self.block else "@prefix")
        end = text.index(" .\n\n", start) if " .\n\n" in text[start:] else len(text)
        block = text[start:end] if self.block else text
        assert block.count(self.old) == 1, f"{self.old!r} is not once in {self.block or path}"
        edited = block.replace(self.old, self.new)
        path.write_text(text.replace(block, edited), encoding="utf-8")


_IS_TRUE = "owl:hasValue true"
_SURGERY = "[ a owl:Restriction ; owl:onProperty hcc:resectable ; owl:hasValue false ]"
_FALSE = "[ a rdfs:Datatype ; owl:oneOf ( false ) ]"
_NOT_CONTRAINDICATED = "[ a owl:Class ; owl:complementOf hcc:RadicalLocalAblationContraindicated ]"
_BOTH = (
    "owl:equivalentClass [ a owl:Class ; owl:intersectionOf ("
    " [ a owl:Restriction ; owl:onProperty hcc:enhancement_after_ablation ; owl:hasValue true ]"
    " [ a owl:Restriction ; owl:onProperty hcc:enhancement_after_ablation ; owl:hasValue false ]"
    " ) ]"
)
_IN_BOTH = (
    "\nhcc:AnybodyAtAll\n    a owl:NamedIndividual , hcc:RSP-CR , hcc:RSP-ICR ;\n"
    '    rdfs:label "somebody"@en ;\n    skos:definition "A test."@en .\n\nhcc:RSP-CR\n'
)

_MAPPING = "hcc:mapping-ecog-loinc-89247-1"

QUICK = (
    Broken(
        "modules", "2011/criteria", "hcc:ABL-C5", "a owl:Class ;", "a owl:Class",
        "ontology", ": not valid Turtle: A dot is expected",
    ),
    Broken(
        "modules", "2011/edition", "", f"{VERSION}/2011/statements", f"{VERSION}/2011/statement",
        "ontology", f"2011/statement>; the nearest are <https://w3id.org/hcc-kg/ontology/{VERSION}/2011/statements>",
    ),
    Broken(
        "numbers", "2011/criteria", "hcc:HAI-C8b", "maxExclusive 60.0", "minExclusive 60.0",
        "hcc:HAI-C8b", "its label says below 60, where its formula has above 60",
    ),
    Broken(
        "numbers", "2011/criteria", "hcc:ABL-R4", "maxExclusive 5.0", "maxInclusive 5.0",
        "hcc:ABL-R4", "its label says less than 5, where its formula has at most 5",
    ),
    Broken(
        "versions", "2011/criteria", "", f'versionInfo "{VERSION}"', 'versionInfo "9.9.9"',
        "2011/criteria", f"owl:versionInfo is 9.9.9; hcc.ttl says {VERSION}",
    ),
    Broken(
        "versions", "2011/edition", "",
        f"ontology/{VERSION}/2011/statements", "ontology/2011/statements",
        "2011", "it imports <https://w3id.org/hcc-kg/ontology/2011/statements>",
    ),
    Broken(
        "headers", "2011/therapies", "", 'dcterms:title "hcc-kg therapies"@en ;', "",
        "2011/therapies", "it has no title",
    ),
    Broken(
        "headers", "totality", "", "dcterms:creator hcc:Developers ;",
        "dcterms:creator hcc:Developer ;", "totality", "hcc:Developer is no foaf:Agent",
    ),
    Broken(
        "cases", "sources", "hcc:SourceRule", "    a owl:Class ;",
        "    a owl:Class .\n\nhcc:sourcerule\n    a owl:NamedIndividual .\n\nhcc:SourceRule",
        "hcc:SourceRule", "its IRI differs from hcc:sourcerule by capital letters only",
    ),
    Broken(
        "labels", "sources", "hcc:source-hcc-snomed",
        "carcinoma (SNOMED CT)", "carcinoma",
        "hcc:source-hcc", "hcc:source-hcc-snomed has its label, too",
    ),
    Broken(
        "complete", "variables", "hcc:ascites-none", "skos:inScheme hcc:ascites-values ;", "",
        "hcc:ascites-none", "it has no inScheme",
    ),
    Broken(
        "declared", "derivations", "hcc:ShuntDerivation",
        "hcc:derives hcc:arteriovenous_shunt", "hcc:derives hcc:arteriovenous_shut",
        "hcc:arteriovenous_shut", "used but not declared",
    ),
    Broken(
        "described", "2011/criteria", "hcc:ABL-C5",
        'rdfs:label "variceal bleeding within one month"@en ;', "",
        "hcc:ABL-C5", "it has no label",
    ),
    Broken(
        "described", "vocabulary", "hcc:RoleScheme",
        'skos:definition "What the variables are used for."@en', 'skos:note "Roles."@en',
        "hcc:RoleScheme", "it has no definition",
    ),
    Broken(
        "described", "2011/statements", "hcc:S003",
        'hcc:paraphrase "Roughly one patient in five is a surgical candidate."@en ;', "",
        "hcc:S003", "it has no paraphrase",
    ),
    Broken(
        "language", "variables", "hcc:tumour_count",
        '"number of tumours"@en', '"number of tumours"',
        "hcc:tumour_count", "its label is not tagged as English",
    ),
    Broken(
        "language", "taxonomy", "hcc:RadiofrequencyAblation", '"RFA"@en', '"RFA"@de',
        "hcc:RadiofrequencyAblation", "its altLabel is not tagged as English",
    ),
    Broken(
        "datatypes", "2011/statements", "hcc:S002", "oa:start 82", "oa:start 82.0",
        "hcc:S002", "its start '82.0' should be an xsd:integer",
    ),
    Broken(
        "complete", "2011/criteria", "hcc:ABL-C5", 'hcc:place "A.1(2)5" ;', "",
        "hcc:ABL-C5", "it has no place",
    ),
    Broken(
        "complete", "2011/criteria", "hcc:ABL-C2b",
        "owl:equivalentClass", "owl:equivalentClass hcc:ABL-C2c ; owl:equivalentClass",
        "hcc:ABL-C2b", "it has 2 values of equivalentClass; it needs one",
    ),
    Broken(
        "complete", "2011/recommendations", "hcc:REC-2", 'hcc:strength "can be preferred"@en ;', "",
        "hcc:REC-2", "it has no strength",
    ),
    Broken(
        "placed", "derivations", "hcc:ShuntPresent", "hcc:collection hcc:RecordPattern ;", "",
        "hcc:ShuntPresent", "it is in no hcc:collection",
    ),
    Broken(
        "schemes", "variables", "hcc:cachexia", "hcc:GeneralConditionGroup", "hcc:Indication",
        "hcc:cachexia", "its group hcc:Indication is none of hcc:GroupScheme",
    ),
    Broken(
        "schemes", "variables", "hcc:cachexia", "hcc:worse hcc:Higher", "hcc:worse hcc:Indication",
        "hcc:cachexia", "its worse hcc:Indication is none of hcc:DirectionScheme",
    ),
    Broken(
        "variables", "variables", "hcc:tumour_count", " , owl:FunctionalProperty", "",
        "hcc:tumour_count", "it is not functional",
    ),
    Broken(
        "variables", "variables", "hcc:cachexia",
        "rdfs:domain hcc:Patient ;", "rdfs:domain hcc:Patient , hcc:TumourLesion ;",
        "hcc:cachexia", "its rdfs:domain should be hcc:Patient",
    ),
    Broken(
        "variables", "variables", "hcc:age_years", 'hcc:unit "a" ;', "",
        "hcc:age_years", "a number without hcc:unit",
    ),
    Broken(
        "variables", "variables", "hcc:near_gallbladder", 'hcc:lesionAggregation "any" ;', "",
        "hcc:near_gallbladder", "hcc:lesionColumn goes with hcc:lesionAggregation",
    ),
    Broken(
        "derivations", "derivations", "hcc:PortalDerivation",
        "hcc:derives hcc:portal_vein_thrombus ;", "",
        "hcc:PortalDerivation", "differ in portal_vein_thrombus",
    ),
    Broken(
        "scores", "derivations", "hcc:InrPoints2", "hcc:scores hcc:child_pugh_class ;", "",
        "hcc:inr", "should part its values",
    ),
    Broken(
        "unremarkable", "variables", "hcc:cachexia", '"false"', '"absent"',
        "hcc:cachexia", "its hcc:unremarkable: ",
    ),
    Broken(
        "plausible", "variables", "hcc:albumin_g_l", '"12..60"', '"12 to 60"',
        "hcc:albumin_g_l", "its hcc:plausible: ",
    ),
    Broken(
        "units", "variables", "hcc:bilirubin_umol_l", "hcc:factor 17.0", "hcc:factor 17.1",
        "hcc:bilirubin_umol_l", "in mg/dL its thresholds 34, 51 are not round numbers",
    ),
    Broken(
        "totality", "totality", "hcc:Patient",
        "[ a owl:Restriction ; owl:onProperty hcc:cachexia ; owl:someValuesFrom rdfs:Literal ] ,",
        "",
        "hcc:cachexia", "lacks the axiom",
    ),
    Broken(
        "contract", "taxonomy", "hcc:RadiofrequencyAblation",
        'skos:notation "rfa"', 'skos:notation "radiofrequency"',
        "hcc:RadiofrequencyAblation", "its notation 'radiofrequency' is not published",
    ),
    Broken(
        "contract", "2011/criteria", "hcc:ABL-C5",
        'skos:notation "ABL-C5"', 'skos:notation "ABL-C05"',
        "ABL-C5", "it is published among the criteria, and nothing bears it",
    ),
    Broken(
        "contract", "2011/criteria", "hcc:ABL-C5",
        'skos:notation "ABL-C5"', 'skos:notation "ABL-C6"',
        "hcc:ABL-C5", "another term has the same notation 'ABL-C6'",
    ),
    Broken(
        "formulas", "2011/criteria", "hcc:UNRESECTABLE",
        _SURGERY, _SURGERY.replace("owl:hasValue false", f"owl:allValuesFrom {_FALSE}"),
        "hcc:UNRESECTABLE", "the construct owl:allValuesFrom on resectable is not supported",
    ),
    Broken(
        "formulas", "2011/criteria", "hcc:BEYOND-SMALL", '"massive" "diffuse"', '"huge" "diffuse"',
        "hcc:BEYOND-SMALL", "huge is not a value of tumour_morphology",
    ),
    Broken(
        "formulas", "2011/criteria", "hcc:ABL-C5", _IS_TRUE, 'owl:hasValue "true"',
        "hcc:ABL-C5", "no boolean value of variceal_bleed_within_month",
    ),
    Broken(
        "formulas", "2011/criteria", "hcc:ABL-I2", "hcc:Precondition", "hcc:Indication",
        "hcc:RadicalLocalAblationIndicated", "should be one union of indications",
    ),
    Broken(
        "formulas", "2011/criteria", "hcc:UNRESECTABLE", _SURGERY, "hcc:ABL-I3",
        "hcc:UNRESECTABLE", "is defined by itself",
    ),
    Broken(
        "eligible", "2011/therapies", "hcc:RadicalLocalAblationEligible",
        _NOT_CONTRAINDICATED, "hcc:RadicalLocalAblationContraindicated",
        "hcc:RadicalLocalAblationEligible",
        "RadicalLocalAblationIndicated and not RadicalLocalAblationContraindicated",
    ),
    Broken(
        "aspects", "2011/therapies", "hcc:MicrowaveAblation",
        "hcc:cautionedClass hcc:MicrowaveAblationCautioned ;", "",
        "hcc:MicrowaveAblationCautioned", "it is the cautionedClass of no therapies",
    ),
    Broken(
        "rows", "2011/therapies", "hcc:RadicalLocalAblationCautioned", "hcc:ABL-R8", "hcc:ABL-C1",
        "hcc:RadicalLocalAblation", "ABL-C1 is in its row as relative_contraindication",
    ),
    Broken(
        "used", "2011/therapies", "hcc:TransarterialInfusionIndicated", "hcc:HAI-I7", "",
        "hcc:HAI-I7", "no therapy has it in its row",
    ),
    Broken(
        "variables-used", "variables", "hcc:afp_ng_ml", "hcc:DescriptiveRole", "hcc:CriterionRole",
        "hcc:afp_ng_ml", "none of the criteria uses it",
    ),
    Broken(
        "variables-used", "variables", "hcc:cachexia", "hcc:CriterionRole", "hcc:DescriptiveRole",
        "hcc:cachexia", "its role is descriptive, yet the criteria use it",
    ),
    Broken(
        "abbreviations", "taxonomy", "hcc:RadiofrequencyAblation",
        'skos:altLabel "RFA"@en', 'skos:altLabel "heat"@en',
        "hcc:RadiofrequencyAblation", "words of its identifier rfa",
    ),
    Broken(
        "sources", "2011/criteria", "hcc:ABL-R6", "dcterms:source hcc:S014 ;", "",
        "hcc:ABL-R6", "it has no dcterms:source",
    ),
    Broken(
        "sources", "2011/criteria", "hcc:ABL-C5", "hcc:S027", "hcc:S027 , hcc:ABL-C6",
        "hcc:ABL-C5", "its dcterms:source ABL-C6 is not a statement",
    ),
    Broken(
        "supports", "2011/statements", "hcc:S002", "hcc:decidable false", "hcc:decidable true",
        "hcc:S002", "it is decidable, and no class names it",
    ),
    Broken(
        "supports", "2011/statements", "hcc:S027", "hcc:decidable true", "hcc:decidable false",
        "hcc:S027", "it is not decidable, yet the source of ABL-C5",
    ),
    Broken(
        "about", "2011/statements", "hcc:S002", "hcc:about hcc:SurgicalResection ;", "",
        "hcc:S002", "it is about no therapy",
    ),
    Broken(
        "about", "2011/statements", "hcc:S002",
        "hcc:about hcc:SurgicalResection", "hcc:about hcc:ABL-C5",
        "hcc:S002", "it is about ABL-C5, which is not a therapy",
    ),
    Broken(
        "texts", "2011/statements", "hcc:GuidelineText", "20a915798f75", "20A915798F75",
        "hcc:GuidelineText", "64 hexadecimal digits",
    ),
    Broken(
        "passages", "2011/statements", "hcc:S002", "oa:end 212", "oa:end 22797",
        "hcc:S002", "from 82 to 22797 does not lie in a text of 22796 characters",
    ),
    Broken(
        "passages", "2011/statements", "hcc:S002",
        "oa:start 82 ; oa:end 212", "oa:start 212 ; oa:end 82",
        "hcc:S002", "from 212 to 82 does not lie",
    ),
    Broken(
        "passages", "2011/statements", "hcc:S003", "oa:start 213", "oa:start 81",
        "hcc:S003", "starts at 81, ahead of the statement before",
    ),
    Broken(
        "sections", "2011/statements", "hcc:S002", 'hcc:section "0"', 'hcc:section "A.1.2"',
        "hcc:S002", "'A.1.2' should look like",
    ),
    Broken(
        "places", "2011/criteria", "hcc:ABL-C5", 'hcc:place "A.1(2)5"', 'hcc:place "A.1(2)6"',
        "hcc:ABL-C5", "none of its statements is in A.1(2)6",
    ),
    Broken(
        "mappings", "mappings", "hcc:mapping-Cryoablation-ncit-C15215",
        "hcc:subject hcc:Cryoablation", "hcc:subject hcc:Cryosurgery",
        "hcc:mapping-Cryoablation-ncit-C15215", "hcc:Cryosurgery is not a term of the ontology",
    ),
    Broken(
        "mappings", "mappings", _MAPPING, "hcc:object loinc:89247-1", "hcc:object loinc:89247-2",
        _MAPPING, "is not the code 89247-1 of another vocabulary",
    ),
    Broken(
        "mappings", "mappings", _MAPPING, "skos:closeMatch", "skos:inScheme",
        _MAPPING, "is not a mapping property of SKOS",
    ),
    Broken(
        "mappings", "mappings", _MAPPING, "a owl:NamedIndividual , hcc:Mapping",
        "a owl:NamedIndividual", "hcc:ecog", "has no hcc:Mapping with a source",
    ),
    Broken(
        "mappings", "mappings", "hcc:mapping-platelets_10e9_l-loinc-777-3",
        "hcc:predicate skos:narrowMatch", "hcc:predicate skos:exactMatch",
        "hcc:mapping-platelets_10e9_l-loinc-26515-7", "another exact match",
    ),
    Broken(
        "versions", "mappings", "", f'versionInfo "{VERSION}"', 'versionInfo "9.9.9"',
        "mappings", f"owl:versionInfo is 9.9.9; hcc.ttl says {VERSION}",
    ),
    Broken(
        "restated", "2011/criteria", "hcc:RFA-C1", "hcc:NOT-VISIBLE",
        "[ a owl:Restriction ; owl:onProperty hcc:imaging_blind_area ; owl:hasValue true ]",
        "hcc:RFA-C1", "it states the formula of hcc:ABL-R8 again",
    ),
    Broken(
        "restated", "2011/criteria", "hcc:HAI-R2", "hcc:LEUKOCYTES-LOW",
        "[ a owl:Restriction ; owl:onProperty hcc:leukocytes_10e9_l ; owl:someValuesFrom "
        "[ a rdfs:Datatype ; owl:onDatatype xsd:decimal ; owl:withRestrictions "
        "( [ xsd:maxExclusive 3.0 ] ) ] ]",
        "hcc:HAI-R2", "it states a bound of hcc:HAI-C8a again",
    ),
    Broken(
        "alternatives", "2011/alternatives", "hcc:ABL-C1-recorded", "hcc:alternativeTo hcc:ABL-C1",
        "hcc:alternativeTo hcc:ABL-C5", "hcc:ABL-C1-recorded", "hcc:ABL-C5, which states no",
    ),
    Broken(
        "alternatives", "2011/alternatives", "hcc:ABL-C1-recorded", "hcc:S019", "hcc:S999",
        "hcc:ABL-C1-recorded", "its dcterms:source S999 is not a statement",
    ),
    Broken(
        "alternatives", "2011/alternatives", "hcc:ABL-C1-recorded-1", "hcc:replaces hcc:ABL-C1",
        "hcc:replaces hcc:ABL-C99", "hcc:ABL-C1-recorded", "hcc:ABL-C99, which has no formula",
    ),
    Broken(
        "alternatives", "2011/alternatives", "hcc:ABL-C2d-always-1", "hcc:ABL-COMMON hcc:ABL-C2d",
        "hcc:ABL-COMMON hcc:MicrowaveAblationContraindicated",
        "hcc:ABL-C2d-always-1", "leads back to a class that its reading replaces",
    ),
    Broken(
        "alternatives", "2011/alternatives", "hcc:HAI-C9-caution", " , hcc:HAI-C9-caution-4", "",
        "hcc:HAI-C9-caution-4", "no alternative reading names it",
    ),
    Broken(
        "numbers", "2011/criteria", "hcc:HAI-C8b", "count below 60", "count below 50",
        "hcc:HAI-C8b", "its label says 50, which is not in the formula",
    ),
    Broken(
        "bounds", "2011/statements", "hcc:S170", "below 60", "below 70",
        "hcc:HAI-C8b", "60.0 in its formula is in no statement behind it",
    ),
    Broken(
        "left-out", "2011/alternatives", "hcc:ABL-C11-advice-1", "        hcc:ABL-C5\n", "",
        "hcc:ABL-C11-advice-1", "it lacks what hcc:ABL-COMMON says of variceal_bleed_within_month",
    ),
    Broken(
        "versions", "2011/alternatives", "", f'versionInfo "{VERSION}"', 'versionInfo "9.9.9"',
        "2011/alternatives", f"owl:versionInfo is 9.9.9; hcc.ttl says {VERSION}",
    ),
    Broken(
        "stages", "2026/stages", "hcc:CNLC26-IIb", "        hcc:NO-VASCULAR26\n", "",
        "hcc:CNLC26-IIb", "some patients are in it and in hcc:CNLC26-IIIa at once",
    ),
    Broken(
        "stages", "2026/stages", "hcc:VASCULAR26", '"vp1" "vp2"', '"vp2"',
        "ontology", "some patients are in none of its stages",
    ),
    Broken(
        "silence", "2026/therapies", "hcc:LiverTransplantation",
        "none were checked", "none matter",
        "hcc:LiverTransplantation", "say in a skos:note that none were checked",
    ),
    Broken(
        "grades", "2026/criteria", "hcc:RES26-I2", 'hcc:grade "2 B"', 'hcc:grade "1 A"',
        "hcc:RES26-I2", "its grade 1 A is that of none of its statements",
    ),
    Broken(
        "correspondences", "2026/correspondence", "hcc:correspondence-rfa-rfa",
        "hcc:SameRelation", "hcc:NewRelation",
        "hcc:correspondence of rfa and rfa", "only what is new has no earlier term",
    ),
    Broken(
        "correspondences", "2026/correspondence", "hcc:correspondence-rfa-rfa",
        "hcc:later hcc:RadiofrequencyAblation", "hcc:later hcc:PalliativeLocalAblation",
        "hcc:correspondence of rfa and local_ablation_palliative",
        "local_ablation_palliative is not a term of this edition",
    ),
)  # fmt: skip

BY_REASONER = (
    Broken(
        "profile", "vocabulary", "oa:hasTarget",
        "a owl:ObjectProperty", "a owl:ObjectProperty , owl:DatatypeProperty",
        "ontology", "hasTarget",
    ),
    Broken(
        "consistent", "2011/recommendations", "hcc:RSP-CR", "\nhcc:RSP-CR\n", _IN_BOTH,
        "ontology", "contradict one another",
    ),
    Broken(
        "satisfiable", "2011/recommendations", "hcc:RSP-CR",
        "owl:equivalentClass [ a owl:Restriction ; owl:onProperty"
        " hcc:enhancement_after_ablation ; owl:hasValue false ]",
        _BOTH,
        "hcc:RSP-CR", "no patient can ever belong to it",
    ),
)  # fmt: skip
