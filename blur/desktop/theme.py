"""How the window looks: one calm palette, light and dark as the system has it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory


@dataclass(frozen=True, slots=True)
class Colours:
    """Text on its ground has a contrast of 4.5 at least (WCAG 2.2, AA)."""

    ground: str
    card: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    hover: str
    warning: str
    danger: str
    track: str


LIGHT = Colours(
    ground="#f4f5f3",
    card="#ffffff",
    line="#d9ddd8",
    text="#1c211e",
    muted="#59635d",
    accent="#1f6b57",
    on_accent="#ffffff",
    hover="#eaf1ee",
    warning="#8a5200",
    danger="#a3262e",
    track="#7fae9f",
)
DARK = Colours(
    ground="#15191a",
    card="#1e2425",
    line="#343c3d",
    text="#e8ecea",
    muted="#a3aeaa",
    accent="#6cc3a8",
    on_accent="#0d1f19",
    hover="#273132",
    warning="#f0b35a",
    danger="#f28b8b",
    track="#4d8675",
)


def colours() -> Colours:
    """The colours of the palette that the application has now."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def dress(app: QApplication, *, dark: bool | None = None) -> None:
    """Gives the application its look; ``dark`` overrides the system's wish."""
    hints = app.styleHints()
    app.setStyle(QStyleFactory.create("Fusion"))

    def follow() -> None:
        night = hints.colorScheme() == Qt.ColorScheme.Dark if dark is None else dark
        chosen = DARK if night else LIGHT
        app.setPalette(_palette(chosen))
        app.setStyleSheet(_sheet(chosen) + _sheet_of_lists(chosen))

    hints.colorSchemeChanged.connect(follow)
    follow()


def _palette(c: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for which, colour in {
        role.Window: c.ground,
        role.Base: c.card,
        role.AlternateBase: c.ground,
        role.Button: c.card,
        role.WindowText: c.text,
        role.Text: c.text,
        role.ButtonText: c.text,
        role.PlaceholderText: c.muted,
        role.Highlight: c.accent,
        role.HighlightedText: c.on_accent,
        role.ToolTipBase: c.card,
        role.ToolTipText: c.text,
        role.Link: c.accent,
        role.Mid: c.line,
        role.Accent: c.accent,
    }.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(c.muted))
    return palette


def _sheet(c: Colours) -> str:
    # Measures are in ex and em where text decides, so that large fonts have their room.
    return f"""
    QMenuBar {{ background: {c.ground}; padding: 2px 6px; }}
    QMenuBar::item {{ padding: 4px 9px; border-radius: 6px; background: transparent; }}
    QMenuBar::item:selected {{ background: {c.hover}; }}
    QMenu {{ background: {c.card}; border: 1px solid {c.line}; padding: 5px; }}
    QMenu::item {{ padding: 5px 26px 5px 14px; border-radius: 5px; color: {c.text}; }}
    QMenu::item:selected {{ background: {c.hover}; }}
    QMenu::item:disabled {{ color: {c.muted}; }}
    QToolTip {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line}; padding: 4px; }}
    QPushButton {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 8px;
        padding: 6px 14px; color: {c.text}; outline: none; }}
    QPushButton:hover {{ background: {c.hover}; }}
    QPushButton:focus {{ border: 2px solid {c.accent}; padding: 5px 13px; }}
    QPushButton:disabled {{ color: {c.muted}; background: {c.ground}; }}
    QPushButton[kind="primary"] {{ background: {c.accent}; border-color: {c.accent}; color: {c.on_accent};
        font-weight: 600; }}
    QPushButton[kind="primary"]:focus {{ border: 2px solid {c.text}; }}
    QPushButton[kind="primary"]:disabled {{ background: {c.ground}; border-color: {c.line};
        color: {c.muted}; }}
    QPushButton[kind="quiet"] {{ background: transparent; border-color: transparent; color: {c.muted}; }}
    QPushButton[kind="quiet"]:hover {{ background: {c.hover}; color: {c.text}; }}
    QPushButton[kind="quiet"]:focus {{ border-color: {c.accent}; }}
    QPushButton[kind="part"] {{ background: transparent; border: 1px solid transparent; border-radius: 7px;
        padding: 5px 12px; color: {c.muted}; }}
    QPushButton[kind="part"]:hover {{ color: {c.text}; }}
    QPushButton[kind="part"]:checked {{ background: {c.card}; border: 1px solid {c.accent};
        color: {c.text}; }}
    QPushButton[kind="part"]:focus {{ border: 2px solid {c.accent}; padding: 4px 11px; }}
    QFrame[kind="parts"] {{ background: {c.hover}; border-radius: 9px; }}
    QFrame[kind="card"] {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 12px; }}
    QFrame[kind="card"]:focus {{ border: 2px solid {c.accent}; }}
    QFrame[kind="drop"] {{ background: {c.card}; border: 2px dashed {c.line}; border-radius: 18px; }}
    QFrame[kind="drop"][over="true"] {{ background: {c.hover}; border-color: {c.accent}; }}
    QFrame[kind="bar"] {{ background: {c.card}; border-top: 1px solid {c.line}; }}
    QFrame[kind="notice"] {{ background: {c.card}; border: 1px solid {c.warning}; border-radius: 10px; }}
    QLabel[kind="heading"] {{ font-weight: 600; }}
    QLabel[kind="muted"] {{ color: {c.muted}; }}
    QLabel[kind="good"] {{ color: {c.accent}; }}
    QLabel[kind="warning"] {{ color: {c.warning}; }}
    QLabel[kind="danger"] {{ color: {c.danger}; }}
    QProgressBar {{ background: {c.hover}; border: none; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    """


def _sheet_of_lists(c: Colours) -> str:
    return f"""
    QScrollBar {{ background: transparent; width: 12px; height: 12px; margin: 0; }}
    QScrollBar::handle {{ background: {c.line}; border-radius: 4px; margin: 2px; min-height: 30px; }}
    QScrollBar::handle:hover {{ background: {c.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QSlider {{ min-width: 120px; min-height: 24px; }}
    QSlider::groove:horizontal {{ background: {c.line}; height: 6px; border-radius: 3px; }}
    QSlider::handle:horizontal {{ background: {c.card}; border: 2px solid {c.accent}; width: 14px;
        margin: -6px 0; border-radius: 9px; }}
    QSlider::handle:horizontal:focus {{ background: {c.accent}; border-color: {c.text}; }}
    QListWidget {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 10px;
        padding: 4px; outline: 0; }}
    QListWidget::item {{ padding: 6px 8px; border: 1px solid transparent; border-radius: 7px; }}
    QListWidget::item:selected {{ background: {c.hover}; color: {c.text}; border: 1px solid {c.accent}; }}
    """
