"""What a caller of the content may catch."""


class ContentError(LookupError):
    """Content that is missing or wrong: ``problems`` are lines of "file: key: problem and fix"."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
