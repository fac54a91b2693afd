"""Who acts: accounts, passwords, sign-in and sessions."""

from xinglin.platform.identity.accounts import (
    Account,
    AccountError,
    Actor,
    Kind,
    change_password,
    create_account,
    find_account,
    read_account,
    set_active,
    set_locale,
)
from xinglin.platform.identity.passwords import PasswordError
from xinglin.platform.identity.posts import Post, posts_of
from xinglin.platform.identity.sessions import (
    KnownSessions,
    OpenedSession,
    Session,
    at_work,
    close_session,
    close_sessions,
    forget_old,
    open_session,
    resume_session,
    switch_post,
)
from xinglin.platform.identity.signin import SignInRefused, authenticate

__all__ = [
    "Account",
    "AccountError",
    "Actor",
    "Kind",
    "KnownSessions",
    "OpenedSession",
    "PasswordError",
    "Post",
    "Session",
    "SignInRefused",
    "at_work",
    "authenticate",
    "change_password",
    "close_session",
    "close_sessions",
    "create_account",
    "find_account",
    "forget_old",
    "open_session",
    "posts_of",
    "read_account",
    "resume_session",
    "set_active",
    "set_locale",
    "switch_post",
]
