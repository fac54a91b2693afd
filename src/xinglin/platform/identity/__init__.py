"""Who acts: accounts, passwords, sign-in and sessions."""

from xinglin.platform.identity.accounts import (
    Account,
    AccountError,
    Actor,
    Kind,
    WrongPassword,
    change_password,
    create_account,
    find_account,
    password_due,
    read_account,
    reset_password,
    set_active,
    set_locale,
)
from xinglin.platform.identity.passwords import PasswordError, PasswordRules
from xinglin.platform.identity.posts import Post, posts_of
from xinglin.platform.identity.sessions import (
    KnownSessions,
    ListedSession,
    OpenedSession,
    Session,
    at_work,
    close_session,
    close_sessions,
    forget_old,
    list_sessions,
    open_session,
    resume_session,
    switch_post,
)
from xinglin.platform.identity.signin import authenticate
from xinglin.platform.identity.steps import Step, close_step, open_step, read_step
from xinglin.platform.identity.throttle import SignInRefused

__all__ = [
    "Account",
    "AccountError",
    "Actor",
    "Kind",
    "KnownSessions",
    "ListedSession",
    "OpenedSession",
    "PasswordError",
    "PasswordRules",
    "Post",
    "Session",
    "SignInRefused",
    "Step",
    "WrongPassword",
    "at_work",
    "authenticate",
    "change_password",
    "close_session",
    "close_sessions",
    "close_step",
    "create_account",
    "find_account",
    "forget_old",
    "list_sessions",
    "open_session",
    "open_step",
    "password_due",
    "posts_of",
    "read_account",
    "read_step",
    "reset_password",
    "resume_session",
    "set_active",
    "set_locale",
    "switch_post",
]
