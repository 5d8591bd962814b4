// What the editor says, in the language of the page.
const words = {
  ja: {
    saved: "保存した", unsaved: "未保存", saving: "保存中…", merged: "ほかで変わった部分を取り込んで保存した",
    failed: "保存できない: {why}", offline: "kami serve につながらない。書いたものはこのブラウザーに残っている",
    save: "保存", preview: "見え方", vim: "Vimのキー", back: "もどる",
    draft: "保存していない下書きがある（{when}）", restore: "下書きに戻す", discard: "下書きを捨てる", compare: "違いを見る",
    conflict: "同じところが、ほかでも変わった。左がいまのファイル、右が自分の文章", mine: "自分の文章を保存", theirs: "ファイルのとおりにする", keep: "まだ決めない",
    other: "このページは、ほかの窓でも開いている", gone: "ファイルがなくなった。保存すると、新しく作る",
    uploading: "送信中…", uploaded: "{path} に置いた", large: "大きすぎる", create: "「{name}」のページを作る",
    page: "ページ", deck: "デッキ", picture: "画像", heading: "見出し", slide: "スライド", key: "項目",
    disk: "ファイルがほかで変わったので、取り込んだ", source: "Markdown",
  },
  en: {
    saved: "Saved", unsaved: "Not saved", saving: "Saving…", merged: "Saved together with what was changed elsewhere",
    failed: "Cannot save: {why}", offline: "kami serve does not answer; what you wrote is kept in this browser",
    save: "Save", preview: "Preview", vim: "Vim keys", back: "Back",
    draft: "There is an unsaved draft ({when})", restore: "Take the draft", discard: "Discard it", compare: "Compare",
    conflict: "The same place was changed elsewhere: the file as it is on the left, your text on the right", mine: "Save my text", theirs: "Take the file", keep: "Decide later",
    other: "This page is open in another window, too", gone: "The file is gone; saving makes it anew",
    uploading: "Sending…", uploaded: "Put at {path}", large: "too large", create: "Create the page “{name}”",
    page: "page", deck: "deck", picture: "picture", heading: "heading", slide: "slide", key: "key",
    disk: "The file was changed elsewhere; it is taken in", source: "Markdown",
  },
};

export const ja = document.documentElement.lang.startsWith("ja");
const own = words[ja ? "ja" : "en"];

export function say(key, values = {}) {
  return own[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
