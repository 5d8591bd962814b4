// Latin letters as the kana that a Japanese keyboard makes of them, so that a reading is found before it is converted.
const VOWELS = "aiueo";
const ROWS = {
  "": "あいうえお", k: "かきくけこ", s: "さしすせそ", t: "たちつてと", n: "なにぬねの", h: "はひふへほ", m: "まみむめも", y: "や ゆ よ", r: "らりるれろ", w: "わ   を",
  g: "がぎぐげご", z: "ざじずぜぞ", d: "だぢづでど", b: "ばびぶべぼ", p: "ぱぴぷぺぽ", v: "    ",
};
// A sound that glides: its first letter, and the letters that Hepburn's spelling has for it.
const GLIDES = { ky: "き", sy: "し", ty: "ち", ny: "に", hy: "ひ", my: "み", ry: "り", gy: "ぎ", zy: "じ", dy: "ぢ", by: "び", py: "ぴ", sh: "し", ch: "ち", j: "じ", jy: "じ", cy: "ち" };
const OWN = { shi: "し", chi: "ち", tsu: "つ", fu: "ふ", ji: "じ", va: "ゔぁ", vi: "ゔぃ", vu: "ゔ", ve: "ゔぇ", vo: "ゔぉ", fa: "ふぁ", fi: "ふぃ", fe: "ふぇ", fo: "ふぉ", thi: "てぃ", dhi: "でぃ", "-": "ー", "n'": "ん", nn: "ん" };

const SOUNDS = new Map(Object.entries(OWN));
for (const [letters, row] of Object.entries(ROWS)) {
  for (const [index, kana] of [...row].entries()) if (kana !== " ") SOUNDS.set(letters + VOWELS[index], SOUNDS.get(letters + VOWELS[index]) ?? kana);
}
for (const [letters, first] of Object.entries(GLIDES)) {
  for (const [vowel, small] of [["a", "ゃ"], ["u", "ゅ"], ["e", "ぇ"], ["o", "ょ"]]) SOUNDS.set(letters + vowel, first + small);
}

// Returns the kana of what was typed so far; letters at the end that are no sound yet are left out. Nothing where it
// cannot be Japanese.
export function kanaOf(typed) {
  let kana = "";
  for (let at = 0; at < typed.length; ) {
    const length = [3, 2, 1].find((length) => SOUNDS.has(typed.slice(at, at + length)) && at + length <= typed.length);
    // `nn` before a vowel is ん and な.
    if (typed[at] === "n" && at + 1 < typed.length && !/[aiueoyn']/.test(typed[at + 1])) {
      kana += "ん";
      at += 1;
    } else if (typed[at] === "n" && typed[at + 1] === "n" && /[aiueoy]/.test(typed[at + 2] ?? "")) {
      kana += "ん";
      at += 1;
    } else if (length) {
      kana += SOUNDS.get(typed.slice(at, at + length));
      at += length;
    } else if (/[b-df-hj-np-tv-z]/.test(typed[at]) && (typed[at] === typed[at + 1] || typed.startsWith("tch", at))) {
      kana += "っ";
      at += 1;
    } else if (/^[b-df-hj-np-tv-z]{1,2}$/.test(typed.slice(at))) {
      break;
    } else {
      return "";
    }
  }
  return kana;
}

const LONG = ["あかさたなはまやらわがざだばぱぁゃ", "いきしちにひみりぎじぢびぴぃ", "うくすつぬふむゆるぐずづぶぷゔぅゅ", "えけせてねへめれげぜでべぺぇ", "おこそとのほもよろをごぞどぼぽぉょ"];

// Long vowels are written with a bar in katakana, and spelt out by who types them.
export const spelt = (kana) => kana.replace(/([ぁ-ゖ])ー/g, (_, before) => before + ("あいうえお"[LONG.findIndex((row) => row.includes(before))] ?? "ー"));
