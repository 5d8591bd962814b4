// A wiki whose words nobody chose: the same for the same number of pages.

export class Random {
  constructor(seed) {
    this.state = seed;
  }

  // A number below `end` (mulberry32).
  below(end) {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % end;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}

const SYLLABLES = ["ka", "lo", "ri", "ten", "mor", "us", "ba", "vi", "son", "qua", "ze", "pho", "é", "ü", "да", "λο", "x1", "9"];
const KANA = ["サーバー", "クラウド", "ｶﾞｲﾄﾞ", "です", "ます", "それ", "から", "ので", "って", "コーヒー", "ぐっと", "ヴァ", "ー", "ゝ"];
const KANJI = Array.from("雨傘雲水路会議資料発表紙芝居大阪札駅前東西南北夏冬火山川海星空犬猫鳥魚本棚窓机椅子電車線路橋𠮷野家々漢字変換検索索引");
const MARKS = ["。", "、", "！", " ", " ", " - ", "/", "（仮）", "「引用」", "…", "🎉", "👍🏽", "->", "①", "㍿", "，"];

function word(random) {
  let text = "";
  for (let i = 0; i <= random.below(4); i += 1) text += random.pick(SYLLABLES);
  if (random.below(6) === 0) text = text.toUpperCase();
  return random.below(200) === 0 ? text.repeat(20) : text;
}

function japanese(random) {
  let text = "";
  for (let i = 0; i <= random.below(4); i += 1) text += random.below(2) ? random.pick(KANJI) : random.pick(KANA);
  return text;
}

function sentence(random, kind) {
  let text = "";
  for (let i = 0; i < 4 + random.below(14); i += 1) {
    const latin = kind === "en" || (kind === "mixed" && random.below(2) === 0);
    text += latin ? `${word(random)}${random.below(3) ? " " : random.pick(MARKS)}` : japanese(random) + (random.below(5) ? "" : random.pick(MARKS));
  }
  return text.trim() || "x";
}

// A wiki of so many pages, as a table of path and text.
export function corpus(pages) {
  const random = new Random(11), files = { "kami.toml": 'lang = "ja"\nlanguages = ["ja"]\n' };
  for (let number = 0; number < pages; number += 1) {
    const kind = random.pick(["en", "ja", "mixed"]);
    const blocks = [`# ${sentence(random, kind)}`];
    for (let i = 0; i < 5 + random.below(8); i += 1) {
      const text = sentence(random, kind);
      blocks.push(random.pick([text, text, `## ${text}`, `- ${text}\n- ${sentence(random, kind)}`, `\`\`\`\n${text}\n\`\`\``, `> ${text}`]));
    }
    files[`wiki/p${number}.md`] = `${blocks.join("\n\n")}\n`;
  }
  for (let number = 0; number < 20; number += 1) {
    const slides = Array.from({ length: 5 }, () => `## ${sentence(random, "mixed")}\n\n${sentence(random, "mixed")}`);
    files[`decks/d${number}.md`] = `${slides.join("\n\n---\n\n")}\n`;
  }
  return files;
}
