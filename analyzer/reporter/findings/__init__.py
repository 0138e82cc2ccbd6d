"""The findings of `analyzer check`, for people, editors and build servers.

`render` of each format takes a `CheckRun`.
"""

from __future__ import annotations

from analyzer.reporter.format import Format, by_name, on_call

FORMATS = by_name(
    Format(
        "text",
        "the message with its line of the file, the arithmetic, the help",
        on_call("analyzer.reporter.findings.text"),
        colored=True,
    ),
    Format(
        "concise",
        "`file:line:column: severity CODE message`, a line for each finding",
        on_call("analyzer.reporter.findings.concise"),
    ),
    Format(
        "json", "an object for each file, several in an array", on_call("analyzer.reporter.findings.json"), (".json",)
    ),
    Format("github", "annotations of a GitHub workflow", on_call("analyzer.reporter.findings.github")),
    Format("markdown", "a summary of a GitHub workflow", on_call("analyzer.reporter.findings.markdown"), (".md",)),
    Format("gitlab", "GitLab's code quality report", on_call("analyzer.reporter.findings.gitlab")),
    Format(
        "sarif", "SARIF 2.1.0, for code scanning and editors", on_call("analyzer.reporter.findings.sarif"), (".sarif",)
    ),
    Format(
        "junit",
        "JUnit's XML: a suite for each file, a case for each check",
        on_call("analyzer.reporter.findings.junit"),
        (".xml",),
    ),
)
