"""What a password that somebody chooses on a page must not be."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
    validate_password,
)
from django.core.exceptions import ValidationError

SHORTEST = 12
RULES = (
    MinimumLengthValidator(SHORTEST),
    CommonPasswordValidator(),
    UserAttributeSimilarityValidator(user_attributes=("username",)),
)


def wrong_with(password: str, user: User) -> list[str]:
    """A sentence for each rule that it breaks."""
    try:
        validate_password(password, user, RULES)
    except ValidationError as error:
        return list(error.messages)
    return []
