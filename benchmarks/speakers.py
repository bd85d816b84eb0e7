"""Makes voices to be measured, with eSpeak NG: python benchmarks/speakers.py FOLDER

Thirteen made-up speakers read two texts each, into FOLDER/1-NAME.wav and FOLDER/2-NAME.wav. Nobody
speaks like this; but who is the same and who is another is known exactly, and nobody is recorded.
Needs `pip install -e .[bench]`.
"""

from __future__ import annotations

import argparse
import ctypes
import wave
from pathlib import Path

import espeakng_loader

SPEAKERS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5")
TEXTS = (
    """They came from every street and stood before the gate. Nobody was to leave before the morning.
    We asked for water, and they gave us none. Whoever hears me, tell the others that we are still here.""",
    """The bus was late again, so I walked along the river and bought some bread. My sister had promised to
    bring the old photographs on Sunday. It rained, of course, but nobody minded and the children played
    outside.""",
)
AT_ONCE, UTF8 = 2, 1  # espeak_Initialize's way of output, espeak_Synth's kind of text

Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = espeak.espeak_Initialize(AT_ONCE, 0, espeakng_loader.get_data_path().encode(), 0)
    said = bytearray()

    @Heard
    def hear(samples: ctypes._Pointer[ctypes.c_short], count: int, _: object) -> int:
        if count > 0:
            said.extend(ctypes.string_at(samples, 2 * count))
        return 0

    espeak.espeak_SetSynthCallback(hear)
    for speaker in SPEAKERS:
        espeak.espeak_SetVoiceByName(f"en+{speaker}".encode())
        for number, text in enumerate(TEXTS, 1):
            said.clear()
            coded = text.encode()
            espeak.espeak_Synth(coded, len(coded) + 1, 0, 0, 0, UTF8, None, None)
            with wave.open(str(folder / f"{number}-{speaker}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(rate)
                file.writeframes(said)


if __name__ == "__main__":
    main()
