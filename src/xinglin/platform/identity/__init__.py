"""Who acts: accounts, passwords, sign-in and sessions."""

from xinglin.platform.identity.accounts import (
    Account,
    AccountError,
    Actor,
    change_password,
    create_account,
    find_account,
    set_active,
    set_locale,
)
from xinglin.platform.identity.passwords import PasswordError
from xinglin.platform.identity.sessions import (
    KnownSessions,
    OpenedSession,
    Session,
    close_session,
    close_sessions,
    forget_old,
    open_session,
    resume_session,
)
from xinglin.platform.identity.signin import SignInRefused, authenticate

__all__ = [
    "Account",
    "AccountError",
    "Actor",
    "KnownSessions",
    "OpenedSession",
    "PasswordError",
    "Session",
    "SignInRefused",
    "authenticate",
    "change_password",
    "close_session",
    "close_sessions",
    "create_account",
    "find_account",
    "forget_old",
    "open_session",
    "resume_session",
    "set_active",
    "set_locale",
]
