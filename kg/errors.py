"""The errors that a user can meet, each with what, where and what to do next.

HccKgError
├── InputError        bad usage or input            exit status 2
│   └── OntologyError the ontology itself is at fault
└── ComponentError    a component cannot run         exit status 3
"""


class HccKgError(Exception):
    """Base of all errors that are told to the user without a stack trace."""

    exit_status = 2


class InputError(HccKgError):
    """The input or the way it was asked for is wrong."""


class OntologyError(InputError):
    """The ontology cannot be read, or says something that this program does not understand."""


class ComponentError(HccKgError):
    """A component that was asked for (Java, Spark, an endpoint) cannot run here."""

    exit_status = 3
