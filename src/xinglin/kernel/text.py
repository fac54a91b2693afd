"""Marks texts of declarations for translation; they are translated when they are shown."""


def N_(message: str) -> str:  # noqa: N802  (gettext's own name for a deferred message)
    """Returns `message` as it is, and lets the extractor find it.

    Declarations are read once at start, long before it is known who looks at them; so they hold the English message,
    and whoever shows it calls `gettext`.
    """
    return message
