"""What may become a password."""

from uzel.kernel.errors import Invalid

SHORTEST = 10  # characters


def check_password_choice(password: str, *, login: str = "", field: str = "password") -> None:
    """Raises Invalid, whose ``fields`` name ``field``, for one that is too short or the login itself.

    Length is what counts against guessing; rules about digits and signs only make people write passwords down.
    """
    if len(password) < SHORTEST:
        raise Invalid(
            f"The password needs at least {SHORTEST} characters.",
            f"В пароле должно быть не меньше {SHORTEST} знаков.",
            fields={field: "too short"},
        )
    if login and password.strip().casefold() == login.strip().casefold():
        raise Invalid(
            "The login is no password: everybody knows it. Choose another one.",
            "Логин не годится в пароли: его знают все. Придумайте другой.",
            fields={field: "the login"},
        )
