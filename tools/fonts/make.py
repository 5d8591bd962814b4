#!/usr/bin/env python3
"""Makes fonts/ of the packages named below: what the program holds of each font, without the rest.

    pip install fonttools==4.* brotli && tools/fonts/make.py FOLDER    (and the command zstd)

FOLDER keeps what is downloaded with `npm pack`. Japanese faces and emoji are kept whole as TrueType, for each deck
gets its own selection of them; compressed by zstd, which is unpacked several times as fast as brotli. All others
are small: they are cut into a few fixed pieces by script, which are WOFF2 already. Three come as TrueType too, for
social cards with words that the Japanese faces lack letters of.
"""

import io
import pathlib
import subprocess
import sys
import tarfile

from fontTools import subset
from fontTools.ttLib import TTFont

OUT = pathlib.Path(__file__).resolve().parents[2] / "fonts"
FEATURES = (
    "calt ccmp clig curs dnom dtls flac frac halt kern liga lnum locl mark mkmk numr palt rclt rlig ssty "
    "tnum vert vhal vkrn vpal vrt2 zero"
).split()

# By name: the package and the file in it.
GOOGLE = "@expo-google-fonts/"
WHOLE = {
    "noto-sans-jp-400": (GOOGLE + "noto-sans-jp@0.4.3", "400Regular/NotoSansJP_400Regular.ttf"),
    "noto-sans-jp-700": (GOOGLE + "noto-sans-jp@0.4.3", "700Bold/NotoSansJP_700Bold.ttf"),
    "noto-serif-jp-500": (GOOGLE + "noto-serif-jp@0.4.3", "500Medium/NotoSerifJP_500Medium.ttf"),
    "twemoji": ("twemoji-colr-font@15.0.3", "twemoji.woff2"),
}
CUT = {
    "noto-sans-400": (GOOGLE + "noto-sans@0.4.2", "400Regular/NotoSans_400Regular.ttf"),
    "noto-sans-400-italic": (GOOGLE + "noto-sans@0.4.2", "400Regular_Italic/NotoSans_400Regular_Italic.ttf"),
    "noto-sans-700": (GOOGLE + "noto-sans@0.4.2", "700Bold/NotoSans_700Bold.ttf"),
    "noto-serif-400": (GOOGLE + "noto-serif@0.4.2", "400Regular/NotoSerif_400Regular.ttf"),
    "noto-serif-400-italic": (GOOGLE + "noto-serif@0.4.2", "400Regular_Italic/NotoSerif_400Regular_Italic.ttf"),
    "noto-serif-600": (GOOGLE + "noto-serif@0.4.2", "600SemiBold/NotoSerif_600SemiBold.ttf"),
    "noto-sans-mono-400": (GOOGLE + "noto-sans-mono@0.4.2", "400Regular/NotoSansMono_400Regular.ttf"),
}
CARDS = ["noto-sans-400", "noto-sans-700", "noto-serif-600"]
MATH = (GOOGLE + "noto-sans-math@0.4.2", "400Regular/NotoSansMath_400Regular.ttf")

# The same pieces as in src/font/pieces.rs.
PIECES = {
    "latin": "0020-007E 00A0-00FF 0131 0152-0153 02C6 02DA 02DC 2002-200A 2010-2027 202F-205E 20AC 2122 2190-2193 2212",
    "latin-more": "0100-0130 0132-0151 0154-02C5 02C7-02D9 02DB 02DD-036F 1E00-1EFF 20A0-20AB 20AD-20CF 2C60-2C7F A720-A7FF FB00-FB06",
    "greek": "0370-03FF 1F00-1FFF",
    "cyrillic": "0400-052F 1C80-1C8F 2DE0-2DFF A640-A69F",
    "symbols": "2070-209F 2100-2121 2123-218F 2194-2211 2213-23FF 2460-27BF",
}


def japanese():
    """What may stand in a Japanese text: Windows-31J, the levels 1 to 3 of JIS X 0213, signs, and two names."""
    letters = set(range(0x2010, 0x2060)) | set(range(0x2190, 0x2300)) | set(range(0x2460, 0x2600)) | {0x3099, 0x309A}
    letters |= {ord("𠮷"), ord("𩸽")} | set(range(0xA0, 0x180))
    for code in range(0x20, 0x30000):
        for encoding in ["cp932", "euc_jis_2004"]:
            try:
                encoded = chr(code).encode(encoding)
            except UnicodeEncodeError:
                continue
            if encoding == "cp932" or not (encoded[0] == 0x8F and len(encoded) == 3):
                letters.add(code)
    return letters


def ranges(text):
    for part in text.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def source(folder, package, file):
    name = package.lstrip("@").replace("/", "-").replace("@", "-") + ".tgz"
    if not (folder / name).exists():
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)
    with tarfile.open(folder / name) as archive:
        return archive.extractfile("package/" + file).read()


def unwrap(font):
    """Puts lookups in place of the extensions that lead to them: what cuts fonts later cannot follow those."""
    for tag, extension in [("GPOS", 9), ("GSUB", 7)]:
        table = font[tag].table if tag in font else None
        for lookup in table.LookupList.Lookup if table and table.LookupList else []:
            if lookup.LookupType == extension:
                lookup.SubTable = [wrapped.ExtSubTable for wrapped in lookup.SubTable]
                lookup.LookupType = lookup.SubTable[0].LookupType


def cut(data, letters, flavor=None):
    """Returns a font with only these characters, and how many of them it has."""
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.layout_features = FEATURES
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["SVG ", "DSIG", "STAT", "FFTM", "meta"]
    font = subset.load_font(io.BytesIO(data), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    unwrap(font)
    font.flavor = flavor
    out = io.BytesIO()
    font.save(out)
    return out.getvalue(), len(font.getBestCmap())


def tell_letters():
    """Writes down which characters any of the fonts has."""
    letters = set()
    # A font for formulas is for nothing else.
    for path in sorted(set(OUT.iterdir()) - {OUT / "noto-sans-math.woff2"}):
        if path.name.endswith(".ttf.zst"):
            letters |= set(TTFont(io.BytesIO(zstd(path.read_bytes(), "--decompress"))).getBestCmap())
        elif path.suffix == ".woff2":
            letters |= set(TTFont(path).getBestCmap())
    runs = []
    for letter in sorted(letters):
        if runs and runs[-1][1] == letter - 1:
            runs[-1][1] = letter
        else:
            runs.append([letter, letter])
    text = " ".join(f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in runs)
    write("letters.txt", f"{text}\n".encode(), f"{len(letters)}")


def zstd(data, *options):
    return subprocess.run(["zstd", "--stdout", "--quiet", *options], input=data, check=True, capture_output=True).stdout


def write(name, data, note):
    (OUT / name).write_bytes(data)
    print(f"{name:40} {len(data):9} {note}", flush=True)


def write_whole(name, data, count):
    packed = zstd(data, "--ultra", "-22", "--no-check", f"--stream-size={len(data)}")
    write(f"{name}.ttf.zst", packed, f"{count} of {len(data)} bytes")


def main():
    folder = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:]
    OUT.mkdir(exist_ok=True)
    for name, (package, file) in WHOLE.items():
        if wanted and name not in wanted:
            continue
        letters = range(0x11_0000) if name == "twemoji" else japanese()
        write_whole(name, *cut(source(folder, package, file), letters))
    for name, (package, file) in CUT.items():
        if wanted and name not in wanted:
            continue
        data = source(folder, package, file)
        for piece, text in PIECES.items():
            made, count = cut(data, ranges(text), "woff2")
            if count:
                write(f"{name}-{piece}.woff2", made, f"{count}")
        if name in CARDS:
            write_whole(name, *cut(data, ranges(" ".join(PIECES.values()))))
    if not wanted or "noto-sans-math" in wanted:
        made, count = cut(source(folder, *MATH), range(0x11_0000), "woff2")
        write("noto-sans-math.woff2", made, f"{count}")
    tell_letters()


main()
