"""The window as hands use it: dropped files, keys, the mouse. The engine is a stand-in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QWidget

from blur.desktop import theme, words
from blur.desktop.actions import ACTS
from blur.desktop.help import Keys
from blur.desktop.state import State
from blur.desktop.window import Window
from blur.errors import OutputError
from tests.desktop.making import FRAMES, engine, film

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    film(tmp_path / "clip.mov", grey=5)
    return tmp_path / "clip.mov"


@pytest.fixture
def twice_the_font(qapp: QApplication) -> Iterator[None]:
    """For windows that are made from now on."""
    usual, large = QFont(qapp.font()), QFont(qapp.font())
    large.setPointSizeF(usual.pointSizeF() * 2)
    qapp.setFont(large)
    theme.dress(qapp)
    yield
    qapp.setFont(usual)
    theme.dress(qapp)


@pytest.fixture
def window(state: State, tmp_path: Path, until: Until) -> Iterator[Window]:
    command = engine(tmp_path / "engine")
    made = Window(state, lambda: command)
    made.show()
    made.activateWindow()
    until(made.isActiveWindow)
    yield made
    made.close_unasked()
    made.deleteLater()  # what is left of it would slow down every later test
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def drop(window: Window, *urls: QUrl) -> None:
    data = QMimeData()
    data.setUrls(list(urls))
    at, buttons, keys = QPoint(20, 60), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(at), Qt.DropAction.CopyAction, data, buttons, keys))


def reviewed(window: Window, clip: Path, until: Until) -> None:
    window.add([clip])
    until(lambda: [item.status for item in window.queue.items.values()] == ["done"])
    QTest.keyClick(window, Qt.Key.Key_Return)
    until(lambda: window.review.session is not None and window.review.view.image is not None)


def test_a_dropped_file_is_worked_on_and_gets_a_covered_picture(
    window: Window, clip: Path, until: Until
) -> None:
    drop(window, QUrl.fromLocalFile(str(clip)))
    (card,) = window.home.cards.values()
    until(lambda: card.picture.image is not None)
    assert card.picture.image is not None
    assert card.picture.image.pixelColor(5, 5).red() == pytest.approx(90, abs=3)
    assert "clip-blurred.mp4" in card.status.text()
    assert "removed" in card.detail.text()


def test_before_a_clip_is_done_no_picture_of_it_is_shown(
    window: Window, clip: Path, until: Until, tmp_path: Path
) -> None:
    engine(tmp_path / "engine", "hang")
    window.add([clip])
    (card,) = window.home.cards.values()
    until(lambda: card.bar.value() > 0)
    assert card.picture.image is None
    QTest.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    until(lambda: [item.status for item in window.queue.items.values()] == ["cancelled"])


def test_what_is_no_file_is_refused_with_a_reason(window: Window) -> None:
    drop(window, QUrl("https://example.org/a.mp4"))
    assert window.home.notice.isVisible()
    assert window.queue.items == {}


def test_copied_files_are_pasted(window: Window, clip: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(clip))])
    QApplication.clipboard().setMimeData(data)
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert len(window.queue.items) == 1
    QApplication.clipboard().clear()  # Qt takes what is left in it apart after Python has gone


def test_the_original_is_shown_while_the_key_is_down_and_never_else(
    window: Window, clip: Path, until: Until
) -> None:
    reviewed(window, clip, until)
    view = window.review.view
    assert not view.original
    for focus in (view, window.review.panel.doubts, window.review.timeline):
        focus.setFocus()
        QTest.keyPress(focus, Qt.Key.Key_B)
        until(lambda: view.original)
        QTest.keyRelease(focus, Qt.Key.Key_B)
        until(lambda: not view.original)
    QTest.keyPress(view, Qt.Key.Key_B)
    until(lambda: view.original)
    window.go_home()
    assert window.review.player is None
    QTest.keyPress(window, Qt.Key.Key_B)
    assert window.review.player is None
    QTest.keyRelease(window, Qt.Key.Key_B)


def test_the_slider_shows_a_part_of_the_original_and_springs_back(
    window: Window, clip: Path, until: Until
) -> None:
    reviewed(window, clip, until)
    view, peek = window.review.view, window.review.peek

    def greys() -> list[int]:
        picture, box = view.grab().toImage(), view._box()
        y = int(box.center().y())
        return [picture.pixelColor(int(box.left() + box.width() * x), y).red() for x in (0.2, 0.95)]

    end = FRAMES - 1
    window.review._seek(end)
    until(lambda: greys() == pytest.approx([90 + 4 * end] * 2, abs=4))
    QTest.mousePress(peek, Qt.MouseButton.LeftButton, pos=QPoint(peek.width() // 2, 5))
    until(lambda: view.original)
    assert greys() == pytest.approx([5 + 4 * end, 90 + 4 * end], abs=4)
    QTest.mouseMove(peek, QPoint(peek.width(), 5))
    until(lambda: greys() == pytest.approx([5 + 4 * end] * 2, abs=4))
    QTest.mouseRelease(peek, Qt.MouseButton.LeftButton, pos=QPoint(peek.width(), 5))
    until(lambda: not view.original)
    assert peek.value() == 0
    assert greys() == pytest.approx([90 + 4 * end] * 2, abs=4)


def test_the_slider_is_held_by_keys_too_and_springs_back(window: Window, clip: Path, until: Until) -> None:
    reviewed(window, clip, until)
    view, peek, player = window.review.view, window.review.peek, window.review.player
    assert player is not None
    window.review.timeline.setFocus()
    at = player.index
    for _ in range(30):
        if not peek.hasFocus():
            QTest.keyClick(window, Qt.Key.Key_Backtab)
    assert peek.hasFocus()
    QTest.keyPress(peek, Qt.Key.Key_Right)
    QTest.keyPress(peek, Qt.Key.Key_Right)
    until(lambda: view.original)
    assert (peek.value(), view.revealed) == (10, 0.1)
    QTest.keyPress(peek, Qt.Key.Key_End)
    assert view.revealed == 1.0
    QTest.keyRelease(peek, Qt.Key.Key_End)
    assert peek.isSliderDown()
    QTest.keyRelease(peek, Qt.Key.Key_Right)
    until(lambda: not view.original)
    assert (peek.value(), player.index) == (0, at)
    QTest.keyPress(peek, Qt.Key.Key_Right)
    until(lambda: view.original)
    view.setFocus()
    until(lambda: not view.original)
    assert not peek.isSliderDown()
    QTest.keyClick(window, Qt.Key.Key_Right)
    assert player.index == at + 1


def test_a_slider_at_its_begin_shows_nothing_of_the_original(
    window: Window, clip: Path, until: Until
) -> None:
    reviewed(window, clip, until)
    view, peek = window.review.view, window.review.peek
    QTest.keyPress(view, Qt.Key.Key_B)
    until(lambda: view.original)
    QTest.keyRelease(view, Qt.Key.Key_B)
    until(lambda: not view.original)
    QTest.mousePress(peek, Qt.MouseButton.LeftButton, pos=QPoint(0, 5))
    until(lambda: view.original)
    assert view.revealed == 0.0


def test_a_slider_that_is_held_lets_go_when_the_window_is_left(
    window: Window, clip: Path, until: Until
) -> None:
    reviewed(window, clip, until)
    view, peek = window.review.view, window.review.peek
    QTest.mousePress(peek, Qt.MouseButton.LeftButton, pos=QPoint(peek.width() // 2, 5))
    until(lambda: view.original)
    other = QWidget()
    other.show()
    other.activateWindow()
    until(lambda: not window.isActiveWindow())
    until(lambda: not view.original)
    assert not peek.isSliderDown()
    other.close()


def test_sound_is_muted_by_a_key_and_saved(window: Window, clip: Path, until: Until, tmp_path: Path) -> None:
    window.home.choices.sound.values["keep"].click()
    reviewed(window, clip, until)
    review = window.review
    review._seek(12)
    QTest.keyClick(window, Qt.Key.Key_M)
    assert review.panel._buttons["mute"].text() == words.say("do.mute_until")
    review._seek(18)
    QTest.keyClick(window, Qt.Key.Key_M)
    assert review.panel._buttons["mute"].text() == words.say("do.mute_not")
    assert "0:01.0–0:01.5" in review.panel._sound.text()
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    until(lambda: [(i.status, i.mutes) for i in window.queue.items.values()] == [("done", ((1000, 1500),))])
    assert '"--mute", "1.000-1.500"' in (tmp_path / "engine" / "calls").read_text()


def test_a_clip_whose_doubts_were_gone_through_asks_for_no_more_looking(
    window: Window, clip: Path, until: Until, tmp_path: Path
) -> None:
    engine(tmp_path / "engine", "look")
    reviewed(window, clip, until)
    (key,) = window.queue.items
    (card,) = window.home.cards.values()
    assert card.status.text() == words.say("status.look", name="clip-blurred.mp4")
    assert window.review._hint.text() == words.say("advice.faint")
    assert not window.queue.items[key].looked
    QTest.keyClick(window, Qt.Key.Key_N)
    assert window.queue.items[key].looked
    assert card.status.text() == words.say("status.looked", name="clip-blurred.mp4")
    assert window.review.panel._doubts.text() == words.say("review.doubts_seen", seen=2, count=2)


def test_doubts_are_walked_through_by_key_in_their_rank(window: Window, clip: Path, until: Until) -> None:
    reviewed(window, clip, until)
    player = window.review.player
    assert player is not None
    frames = [player.index]
    for key in (Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_P):
        QTest.keyClick(window, key)
        frames.append(player.index)
    assert frames == [6, 3, 6, 3]
    assert [window.review.panel.doubts.item(row).text()[:2] for row in (0, 1)] == ["1 ", "2 "]


def test_the_place_of_a_doubt_is_named_and_marked_while_it_lasts(
    window: Window, clip: Path, until: Until
) -> None:
    reviewed(window, clip, until)
    review = window.review
    assert words.say("where.lower_right") in review.panel.doubts.item(0).text()
    assert words.say("where.lower_right") not in review.panel.doubts.item(1).text()
    review.view.outlines = False

    def marked() -> bool:
        """Whether anything is drawn over the even grey where the doubt is."""
        view, picture = review.view, review.view.grab().toImage()
        rect = view._rect_of((36, 26, 54, 44)).toRect()
        greys = {picture.pixelColor(x, rect.center().y()).red() for x in range(rect.left(), rect.right())}
        rows = {picture.pixelColor(rect.center().x(), y).red() for y in range(rect.top(), rect.bottom())}
        tops = {picture.pixelColor(x, rect.top() + 5).red() for x in range(rect.left(), rect.right())}
        return max(greys | rows | tops) - min(greys | rows | tops) > 60

    until(marked)
    review._step(FRAMES)
    until(lambda: not marked())
    QTest.keyClick(window, Qt.Key.Key_P)
    QTest.keyClick(window, Qt.Key.Key_P)
    until(marked)
    QTest.keyClick(window, Qt.Key.Key_N)  # this one has no place
    until(lambda: not marked())


def test_screen_readers_are_told_of_an_edit_once(
    window: Window, clip: Path, until: Until, said: list[str]
) -> None:
    reviewed(window, clip, until)
    window.review._seek(0)
    unsaved, saved = words.say("review.unsaved"), words.say("review.saved")
    control, alt, none = (
        getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("Control", "Alt", "No")
    )
    for key, held, told in (
        (Qt.Key.Key_C, none, ["action.cover", "Mask 2, 0:00.0 to 0:01.0", unsaved]),
        (Qt.Key.Key_Left, alt, ["action.left"]),
        (Qt.Key.Key_Z, control, ["action.undo"]),
        (Qt.Key.Key_T, none, ["action.select_next", "Mask 1, 0:00.0 to 0:00.9"]),
        (Qt.Key.Key_Delete, none, ["action.delete"]),
        (Qt.Key.Key_Z, control, ["action.undo"]),
        (Qt.Key.Key_Z, control, ["action.undo", saved]),
    ):
        said.clear()
        QTest.keyClick(window, key, held)
        assert said == [". ".join(words.say(each) if words.knows(each) else each for each in told)]
    said.clear()
    QTest.keyClick(window, Qt.Key.Key_Z, control)  # there is nothing to undo
    assert said == []


def test_a_folder_that_cannot_be_shown_is_told_of(
    window: Window, clip: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed(window, clip, until)
    monkeypatch.setattr("blur.desktop.window.reveal", lambda _: False)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert window.home.notice.isVisible()
    assert "clip-blurred.mp4" in window.home.notice.accessibleName()


def test_a_region_is_drawn_moved_resized_and_published_by_hand(
    window: Window, clip: Path, until: Until, tmp_path: Path
) -> None:
    reviewed(window, clip, until)
    session, view = window.review.session, window.review.view
    assert session is not None

    def at(x: int, y: int) -> QPoint:
        return view._to_widget(QPointF(x, y)).toPoint()

    def drag(start: QPoint, end: QPoint) -> None:
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(view, end)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)

    drag(at(40, 20), at(60, 40))
    assert session.selected == 1
    window.review._follower.stop()  # it has a test of its own
    assert session.plan.tracks[1].regions[0].tolist() == pytest.approx([40, 20, 60, 40], abs=1)
    drag(at(50, 30), at(45, 30))
    assert session.plan.tracks[1].regions[0].tolist() == pytest.approx([35, 20, 55, 40], abs=2)
    x1, y1 = session.plan.tracks[1].regions[0].tolist()[2:]
    drag(at(x1, y1), at(60, 44))
    assert session.plan.tracks[1].regions[0].tolist() == pytest.approx([35, 20, 60, 44], abs=2)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(2, 2))
    assert session.selected is None
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(20, 22))
    assert session.selected == 0
    assert window.review.panel.publish.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    until(lambda: [item.by_plan and item.status == "done" for item in window.queue.items.values()] == [True])
    assert '"render"' in (tmp_path / "engine" / "calls").read_text()


def test_a_drawn_region_follows_what_is_under_it(
    window: Window, clip: Path, until: Until, said: list[str]
) -> None:
    reviewed(window, clip, until)
    session, view = window.review.session, window.review.view
    assert session is not None
    view.drawn.emit((40, 20, 60, 40))
    until(lambda: session.plan.tracks[1].regions[0].tolist() == [20, 20, 40, 40])
    until(lambda: window.review._hint.text() == words.say("review.followed"))
    assert said[-2:] == [words.say("review.following"), words.say("review.followed")]
    session.undo()
    assert session.plan.tracks[1].regions[0].tolist() == [40, 20, 60, 40]
    assert list(window._state.folder.glob("*.follow.json")) == []


def test_a_mask_that_was_changed_meanwhile_is_said_not_to_follow(
    window: Window, clip: Path, until: Until
) -> None:
    reviewed(window, clip, until)
    session, view = window.review.session, window.review.view
    assert session is not None
    nudged: list[bool] = []
    window.review._follower.running.connect(lambda on: on and nudged.append(session.nudge(0, 1, 0, 0)))
    view.drawn.emit((40, 20, 60, 40))
    until(lambda: window.review._hint.text() == words.say("review.outdated"))
    assert nudged == [True]
    assert session.plan.tracks[1].regions[0].tolist() == [42, 20, 62, 40]


def test_an_edit_that_cannot_be_kept_is_told_of_and_not_lost(
    window: Window, clip: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutputError("there is no space left")

    reviewed(window, clip, until)
    session = window.review.session
    assert session is not None
    monkeypatch.setattr(window._state, "autosave", full)
    session.cover_all(3)
    assert window.review.panel.publish.isEnabled()
    until(lambda: window.findChildren(QMessageBox))
    (box,) = window.findChildren(QMessageBox)
    window.review._publish()
    assert [item.status for item in window.queue.items.values()] == ["done"]
    assert window.review.session is session
    assert "no space left" in box.text()
    assert "Traceback" not in box.text()
    box.close()


def test_what_cannot_be_followed_stays_and_is_told_of(
    window: Window, clip: Path, until: Until, tmp_path: Path
) -> None:
    reviewed(window, clip, until)
    session = window.review.session
    assert session is not None
    engine(tmp_path / "engine", "lost")
    QTest.keyClick(window, Qt.Key.Key_C)
    before = session.plan
    QTest.keyClick(window, Qt.Key.Key_F)
    until(lambda: window.review._hint.text() == words.say("review.not_followed"))
    assert session.plan is before


def test_all_of_it_goes_by_keys_alone(window: Window, clip: Path, until: Until) -> None:
    reviewed(window, clip, until)
    session = window.review.session
    assert session is not None
    QTest.keyClick(window, Qt.Key.Key_C)
    assert session.selected == 1
    before = session.plan.tracks[1].regions[0].tolist()
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert session.plan.tracks[1].regions[0].tolist()[0] > before[0]
    QTest.keyClick(window, Qt.Key.Key_W)
    assert len(session.plan.tracks) == 3
    QTest.keyClick(window, Qt.Key.Key_Delete)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(session.plan.tracks) == 3
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not session.dirty
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window._pages.currentWidget() is window.home


@pytest.mark.parametrize(("answer", "left"), [("Yes", 0), ("Cancel", 1)])
def test_keeping_someone_visible_is_asked_for(
    window: Window, clip: Path, until: Until, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    reviewed(window, clip, until)
    session = window.review.session
    assert session is not None
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton[answer])
    session.select(0)
    QTest.keyClick(window, Qt.Key.Key_V)
    assert len(session.plan.tracks) == left
    assert [doubt.reason for doubt in session.plan.doubts][2:] == ["kept visible by hand"] * (1 - left)


def test_removing_asks_only_where_changes_would_be_lost(
    window: Window, clip: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed(window, clip, until)
    QTest.keyClick(window, Qt.Key.Key_W)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Cancel)
    QTest.keyClick(window, Qt.Key.Key_Delete)
    assert len(window.queue.items) == 1
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Yes)
    QTest.keyClick(window, Qt.Key.Key_Delete)
    assert window.queue.items == {}
    assert list(window._state.folder.glob("*.*.json")) == []


def test_closing_mid_run_asks_and_clears_up(
    window: Window, clip: Path, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(tmp_path / "engine", "hang")
    window.add([clip])
    until(lambda: [item.done for item in window.queue.items.values()] == [5])
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Cancel)
    assert not window.close()
    assert window.queue.busy
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Yes)
    assert window.close()
    assert window.queue._engine is not None
    assert window.queue._engine._process.processId() == 0


def test_a_system_that_ends_the_window_is_not_asked(
    window: Window, clip: Path, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(tmp_path / "engine", "hang")
    window.add([clip])
    until(lambda: [item.done for item in window.queue.items.values()] == [5])
    monkeypatch.setattr(QMessageBox, "exec", lambda _: pytest.fail("it asked"))
    window.close_unasked()
    assert not window.isVisible()
    assert window.queue._engine is not None
    assert window.queue._engine._process.processId() == 0


def test_everything_that_takes_the_focus_has_a_name(window: Window, clip: Path, until: Until) -> None:
    reviewed(window, clip, until)
    nameless = [
        type(widget).__name__
        for page in (window.home, window.review)
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
    ]
    assert nameless == []


def test_arabic_runs_from_right_to_left(qapp: QApplication, state: State, until: Until) -> None:
    words.speak("ar")
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        window = Window(state)
        window.show()
        until(window.isActiveWindow)
        choices = window.home.choices
        assert choices.look.x() > choices.sound.x() > choices.place.x()
        window.close()
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        words.speak("en")


@pytest.mark.usefixtures("twice_the_font")
def test_at_twice_the_font_no_button_is_cut(
    window: Window, clip: Path, until: Until, qapp: QApplication
) -> None:
    reviewed(window, clip, until)
    window.resize(1280, 900)
    for page in (window.review, window.home):
        window._pages.setCurrentWidget(page)
        qapp.processEvents()
        buttons = [b for b in page.findChildren(QAbstractButton) if b.isVisible() and b.text()]
        assert buttons
        assert [b.text() for b in buttons if b.width() < b.minimumSizeHint().width()] == []


@pytest.mark.usefixtures("twice_the_font")
def test_at_twice_the_font_the_window_fits_on_a_small_screen_with_all_choices_in_sight(
    window: Window, clip: Path, until: Until, qapp: QApplication
) -> None:
    choices = window.home.choices
    for width, below in ((1900, False), (1024, True), (1900, False)):
        window.resize(width, 760)
        qapp.processEvents()
        assert window.width() == width
        assert (choices.look.y() < choices.sound.y() < choices.place.y()) == below
        for parts in (choices.look, choices.sound, choices.place):
            assert choices.rect().contains(parts.geometry())
    window.resize(1024, 760)
    reviewed(window, clip, until)
    QTest.keyClick(window, Qt.Key.Key_C)
    qapp.processEvents()
    delete = window.review.panel._buttons["delete"]
    assert delete.visibleRegion().boundingRect() == delete.rect()


def test_a_run_that_was_cancelled_leaves_the_result_before_it_in_sight(
    window: Window, clip: Path, until: Until, tmp_path: Path
) -> None:
    window.add([clip])
    (card,) = window.home.cards.values()
    until(lambda: card.picture.image is not None)
    engine(tmp_path / "engine", "hang")
    card.buttons["again"].click()
    until(lambda: [item.done for item in window.queue.items.values()] == [5])
    assert card.picture.image is None
    card.buttons["cancel"].click()
    until(lambda: card.picture.image is not None)
    assert card.status.text() == words.say("status.cancelled_again")
    assert card.buttons["review"].isVisible()


def test_muting_is_not_offered_where_there_will_be_no_sound(window: Window, clip: Path, until: Until) -> None:
    reviewed(window, clip, until)
    mute = window.review.panel._buttons["mute"]
    assert not mute.isVisible()
    QTest.keyClick(window, Qt.Key.Key_M)
    assert mute.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not mute.isVisible()


@pytest.mark.usefixtures("twice_the_font")
def test_the_page_of_keys_fits_on_the_screen_at_twice_the_font(window: Window) -> None:
    page, room = Keys(window), window.screen().availableSize()
    assert 80 * page.fontMetrics().averageCharWidth() > room.height()
    assert page.width() <= room.width()
    assert page.height() < room.height()


def test_the_page_of_keys_is_the_table(window: Window) -> None:
    from PySide6.QtWidgets import QLabel

    page = Keys(window)
    texts = {label.text() for label in page.findChildren(QLabel)}
    assert {words.say(f"action.{act.id}") for act in ACTS if act.keys} <= texts


def test_light_and_dark_have_enough_contrast() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(one: str, other: str) -> float:
        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for c in (theme.LIGHT, theme.DARK):
        for text in (c.text, c.muted, c.warning, c.danger):
            for ground in (c.ground, c.card, c.hover):
                assert contrast(text, ground) >= 4.5, (text, ground)
        assert contrast(c.on_accent, c.accent) >= 4.5


def test_the_window_s_process_loads_neither_network_nor_decoder() -> None:
    code = (
        "import sys, blur.desktop.app\n"
        "bad = {'av', 'cv2', 'PIL', 'socket', 'ssl', 'PySide6.QtNetwork', 'mediapipe'} & set(sys.modules)\n"
        "sys.exit(repr(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_publishing_in_spite_of_the_audit_is_a_second_deliberate_act(
    window: Window, clip: Path, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(tmp_path / "engine", "audit")
    window.add([clip])
    until(lambda: [item.error for item in window.queue.items.values()] == ["AuditError"])
    assert not (tmp_path / "clip-blurred.mp4").exists()
    (card,) = window.home.cards.values()
    assert card.buttons["anyway"].isVisible()
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Cancel)
    card.buttons["anyway"].click()
    assert [item.status for item in window.queue.items.values()] == ["failed"]
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Yes)
    card.buttons["anyway"].click()
    until(lambda: [item.status for item in window.queue.items.values()] == ["done"])
    assert (tmp_path / "clip-blurred.mp4").exists()
