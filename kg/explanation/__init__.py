"""Why: explanations of verdicts, and the words in which they are told."""
