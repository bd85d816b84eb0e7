"""What the window says of a clip: how far it is, what was removed, why it failed, what can be done."""

from __future__ import annotations

from fractions import Fraction

from blur.desktop.item import Item
from blur.desktop.words import knows, say
from blur.errors import BlurError
from blur.timing import clock

SOUNDS = {
    "sound-removed": "sound",
    "sound-kept": "kept",
    "sound-muted": "muted",
    "voice-disguised": "disguised",
}
"""What the engine tells of the sound, and the window's words for it."""


def status(item: Item, left: int | None = None) -> str:
    """How far the clip is, in one line."""
    if item.status == "working":
        stage = say(f"stage.{item.stage}") if knows(f"stage.{item.stage}") else say("status.working")
        return stage if left is None else say("status.left", stage=stage, time=duration(left))
    if item.status == "done":
        if item.edited:
            return say("status.edited")
        said = "done" if not item.look else "looked" if item.looked else "look"
        return say(f"status.{said}", name=item.target.name)
    if item.status == "failed":
        return trouble(item.error)
    if item.status == "cancelled" and item.frames:
        return say("status.cancelled_again")
    return say(f"status.{item.status}")


def detail(item: Item) -> str:
    """What was removed, or what to do about a failure; empty where there is nothing to say."""
    if item.status == "done":
        sound = next((SOUNDS[code] for code in item.codes if code in SOUNDS), "no_sound")
        return say("removed.line", sound=say(f"removed.{sound}"))
    if item.status == "failed":
        hint = _of_error("hint", item.error)
        return f"{hint}\n{say('status.engine', message=item.message)}" if item.message else hint
    return ""


def kind(item: Item) -> str:
    """Which kind of text the status is; the words say the same, so that nothing hangs on colour."""
    if item.status == "failed":
        return "danger"
    needed = item.edited or (item.look and not item.looked)
    return "muted" if item.status != "done" else "warning" if needed else "good"


def able(item: Item) -> frozenset[str]:
    """Ids of the acts that make sense for the clip."""
    if item.busy:
        return frozenset({"cancel"})
    published = item.frames > 0 and item.target.exists()
    more = {"review", "show"} if published else set()
    if item.status == "failed" and item.error == "AuditError" and not item.unverified:
        more.add("anyway")
    return frozenset({"again", "remove"} | more)


def refusal(error: BaseException) -> str:
    """Why something was not taken, and what to do."""
    if not isinstance(error, BlurError):
        name = "OutputError" if isinstance(error, OSError) else "BlurError"
        return f"{trouble(name)} {_of_error('hint', name)}"
    details = say("status.engine", message=error.message)
    return f"{trouble(error.name)} {_of_error('hint', error.name)}\n{details}"


def trouble(name: str) -> str:
    """What went wrong, in one sentence, by the name of the engine's error."""
    return _of_error("error", name)


def duration(seconds: int) -> str:
    """A length of time as people read it, rounded so that it does not flicker."""
    if seconds < 60:
        return say("time.seconds", number=seconds if seconds < 10 else -(-seconds // 5) * 5)
    return say("time.minutes", number=-(-seconds // 60))


def moment(seconds: Fraction) -> str:
    """A place in a clip."""
    return clock(seconds)


def _of_error(part: str, name: str) -> str:
    return say(f"{part}.{name}" if knows(f"{part}.{name}") else f"{part}.BlurError")
