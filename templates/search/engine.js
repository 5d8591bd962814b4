// The search itself, without a window: it folds, asks for shards of the index, and finds. `load` comes from whoever
// uses it. What is written in src/search is read here; tests/search/vectors.json binds both.
var kamiSearch = (function () {
  'use strict';

  // ---- folding and tokens: NFKC, lower case, katakana as hiragana, no long-vowel marks ----
  var WORD = 'a-z0-9\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u0dff\\u10a0-\\u10ff\\u1200-\\u177f\\u1800-\\u1fff';
  var MARK = '\\0-\\x2f:-@A-Z\\[-`{-\\u00bf\\u00d7\\u00f7\\u2000-\\u2bff\\u2e00-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u30fb' +
    '\\ue000-\\uf8ff\\ufe00-\\ufe6f\\uff00-\\uffef\\u{1f000}-\\u{1faff}';
  var TOKENS = new RegExp('([' + WORD + ']+)|([' + MARK + '])|([^' + WORD + MARK + ']+)', 'gu');
  var ASCII = /^[\0-\x7f]*$/;
  // No word is found whole that is longer than half of the pieces that long words are cut into.
  var PIECE = 48, HALF = 24;

  function fold(text) {
    if (ASCII.test(text)) return text.toLowerCase();
    return text.normalize('NFKC').toLowerCase().replace(/[\u30a1-\u30f6\u30fc-\u30fe\u03c2]+/g, function (run) {
      var out = '';
      for (var i = 0; i < run.length; i += 1) {
        var code = run.charCodeAt(i);
        if (code === 0x3c2) out += '\u03c3';
        else if (code !== 0x30fc) out += String.fromCharCode(code - 0x60);
      }
      return out;
    });
  }

  // The tokens of a folded text: words, and pairs whose second may be empty.
  function tokens(folded) {
    var words = [], grams = [], last = '';
    folded.replace(TOKENS, function (all, word, mark, run) {
      if (word) {
        for (var at = 0; at === 0 || at + HALF < word.length; at += HALF) {
          words.push(word.slice(at, at + PIECE));
          if (word.length <= PIECE) break;
        }
      } else if (mark) {
        if (mark !== ' ') grams.push([mark, '']);
      } else {
        var characters = Array.from(run);
        characters.forEach(function (c, i) { grams.push([c, characters[i + 1] || '']); });
      }
      return last;
    });
    return { words: words, grams: grams };
  }

  // ---- bits: two characters are thirteen of them ----
  var clz = Math.clz32;
  var DIGITS = new Uint8Array(128);
  (function () {
    for (var code = 0x20, value = 0; code < 0x7f; code += 1) if ('"<\\`'.indexOf(String.fromCharCode(code)) < 0) DIGITS[code] = value++;
  })();
  function digit(text, at) { return DIGITS[text.charCodeAt(at)]; }

  // The stream as words of 32 bits, so that most numbers are read with one look.
  function Bits(text) {
    var words = this.words = new Uint32Array(Math.ceil(text.length / 2 * 13 / 32) + 2);
    for (var i = 0, bit = 0; i + 1 < text.length; i += 2, bit += 13) {
      var group = digit(text, i) * 91 + digit(text, i + 1), word = bit >>> 5, room = 32 - (bit & 31) - 13;
      if (room >= 0) words[word] |= group << room;
      else { words[word] |= group >>> -room; words[word + 1] |= group << 32 + room; }
    }
    this.at = 0;
  }
  Bits.prototype = {
    seek: function (bit) { this.at = bit; },
    tell: function () { return this.at; },
    look: function () {
      var word = this.at >>> 5, off = this.at & 31;
      return off ? this.words[word] << off | this.words[word + 1] >>> 32 - off : this.words[word] | 0;
    },
    take: function (count) {
      if (!count) return 0;
      var value = this.look() >>> 32 - count;
      this.at += count;
      return value;
    },
    unary: function () {
      for (var count = 0, end = this.words.length * 32; this.at < end;) {
        var ones = clz(~this.look());
        if (ones < 32) { this.at += ones + 1; return count + ones; }
        count += 32;
        this.at += 32;
      }
      return count;
    },
    rice: function (low) { return this.unary() * (1 << low) + this.take(low); },
    gamma: function () { var bits = this.unary(); return Math.pow(2, bits) + this.take(bits) - 1; }
  };
  function riceLow(total, count) { return 31 - clz(Math.max(1, Math.floor(total * 69 / (count * 100)))); }

  // Tells each document of the list at hand with its class, or passes over all of them; returns how many they are.
  function list(bits, documents, each) {
    var all = bits.gamma() + 1, low = riceLow(documents, all);
    if (all > 15) {
      var size = bits.gamma();
      if (!each) { bits.seek(bits.tell() + size); return all; }
    }
    for (var at = 0, count = all; count > 0; count -= 1, at += 1) {
      var view = bits.look(), ones = clz(~view), length = ones + 1 + low;
      if (length <= 29) {
        // Gap and class together.
        at += (ones << low) + (low ? view << ones + 1 >>> 32 - low : 0);
        view <<= length;
        bits.at += length;
      } else {
        at += bits.rice(low);
        view = bits.look();
      }
      var kind = view >= 0 ? 0 : Math.min(3, clz(~view));
      bits.at += kind < 3 ? kind + 1 : 3;
      if (each) each(at, kind);
    }
    return all;
  }

  // ---- the index at hand ----
  var book = null;

  function Book(contents) {
    this.contents = contents;
    this.stamp = contents.stamp;
    this.count = contents.lengths.length;
    this.scripts = new Map();
    this.places = new Map(Array.from(contents.characters).map(function (c, i) { return [c, i + 1]; }));
    this.lengths = new Float32Array(this.count);
    var sum = 0;
    for (var i = 0; i < this.count; i += 1) {
      var rough = digit(contents.lengths, i);
      sum += this.lengths[i] = Math.pow(2, rough >> 2) * (1 + (rough & 3) / 4);
    }
    this.average = sum / this.count || 1;
    var book = this;
    ['dictionary', 'words', 'grams', 'texts'].forEach(function (kind) {
      var at = 0;
      book[kind] = contents[kind].map(function (shard) {
        at += shard[0];
        return { start: at - shard[0], end: at, name: shard[1], kind: kind, value: null };
      });
    });
  }
  function shardOf(shards, at) {
    for (var low = 0, high = shards.length - 1; low < high;) {
      var middle = low + high >> 1;
      if (shards[middle].end <= at) low = middle + 1; else high = middle;
    }
    return shards[low];
  }

  var read = {
    // The words of a shard in one text, each on a line of its own, and where each begins.
    dictionary: function (text, shard) {
      var starts = new Int32Array(shard.end - shard.start), lines = ['\n'], length = 1, last = '', count = 0;
      text.replace(/([@-Z])([^@-Z]*)/g, function (all, shared, rest) {
        last = last.slice(0, shared.charCodeAt(0) - 64) + rest;
        starts[count++] = length;
        length += last.length + 1;
        lines.push(last, '\n');
        return '';
      });
      return { text: lines.join(''), starts: starts };
    },
    words: function (text, shard, documents) {
      var bits = new Bits(text), places = new Uint32Array(shard.end - shard.start), sizes = new Uint32Array(places.length);
      for (var i = 0; i < places.length; i += 1) { places[i] = bits.tell(); sizes[i] = list(bits, documents, null); }
      return { bits: bits, places: places, sizes: sizes };
    },
    grams: function (text, shard, documents, characters) {
      var bits = new Bits(text), places = new Uint32Array(shard.end - shard.start);
      for (var i = 0; i < places.length; i += 1) {
        places[i] = bits.tell();
        pairs(bits, documents, characters, function () { list(bits, documents, null); });
      }
      return { bits: bits, places: places, groups: new Map() };
    },
    texts: function (texts) { return texts.map(function (text) { return { raw: text, read: null }; }); }
  };
  // Tells the second characters of the group at hand; `each` reads or passes over the list behind it.
  function pairs(bits, documents, characters, each) {
    var count = bits.gamma() + 1, low = riceLow(characters + 1, count), second = 0;
    for (; count > 0; count -= 1) {
      second += bits.rice(low);
      each(second);
      second += 1;
    }
  }

  // Loads a shard once. One that does not come may be asked for again.
  function need(book, shard) {
    if (shard.value) return null;
    var known = book.scripts.get(shard);
    if (!known) {
      known = Promise.resolve(api.load(shard.name)).then(function (data) {
        shard.value = read[shard.kind](data, shard, book.count, book.places.size);
      });
      known.catch(function () { book.scripts.delete(shard); });
      book.scripts.set(shard, known);
    }
    return known;
  }
  function needAll(book, shards) { return Promise.all(shards.map(function (shard) { return need(book, shard); })); }

  function open() {
    return Promise.resolve(api.load('index')).then(function (contents) {
      if (!book || book.stamp !== contents.stamp) book = new Book(contents);
      return book;
    });
  }

  // ---- a query ----
  // What a term asks of the index: fewer questions than it has parts, for whatever is left is looked at in the end.
  var QUESTIONS = 8, SHARDS = 6, POSTINGS = 40000;

  function Term(text) {
    var term = this, runs = 0, certain = true;
    this.text = text;
    this.questions = [];
    text.replace(TOKENS, function (all, word, mark, run) {
      runs += 1;
      if (word) {
        certain = certain && word.length <= HALF;
        term.questions.push({ word: word.slice(0, HALF) });
        return '';
      }
      var characters = Array.from(mark || run);
      certain = certain && characters.length < 3;
      if (characters.length < 2) term.questions.push({ first: characters[0], second: null });
      for (var i = 1; i < characters.length; i += 1) term.questions.push({ first: characters[i - 1], second: characters[i] });
      return '';
    });
    var step = Math.max(1, this.questions.length / QUESTIONS);
    for (var kept = [], at = 0; at < this.questions.length; at += step) kept.push(this.questions[Math.floor(at)]);
    this.questions = kept;
    // Whether the index alone tells for certain which documents have it.
    this.certain = certain && runs === 1;
  }

  function termsOf(query) {
    var texts = fold(query).split(/\s+/).filter(Boolean);
    return Array.from(new Set(texts)).map(function (text) { return new Term(text); });
  }

  // Which words have a run of letters in them: the whole word, its beginning, its middle.
  function wordsWith(book, run) {
    var found = { shares: [[], [], []] };
    book.dictionary.forEach(function (shard) {
      var text = shard.value.text, starts = shard.value.starts, word = 0;
      for (var at = text.indexOf(run); at >= 0; at = text.indexOf(run, at)) {
        while (word + 1 < starts.length && starts[word + 1] <= at) word += 1;
        var end = word + 1 < starts.length ? starts[word + 1] - 1 : text.length - 1;
        var share = at > starts[word] ? 2 : at + run.length < end ? 1 : 0;
        found.shares[share].push(shard.start + word);
        at = end;
      }
    });
    return found;
  }

  // Chooses the shards that a run of letters needs. Where they are many, whole words and beginnings come first, and
  // all other documents stay possible.
  function choose(book, question) {
    var found = wordsWith(book, question.word), shards = new Set(), missing = 0;
    question.words = [];
    question.open = false;
    found.shares.forEach(function (words, share) {
      words.forEach(function (word) {
        var shard = shardOf(book.words, word);
        if (!shards.has(shard)) {
          if (!shard.value && missing >= SHARDS) { question.open = true; return; }
          if (!shard.value) missing += 1;
          shards.add(shard);
        }
        question.words.push({ shard: shard, word: word - shard.start, share: share });
      });
    });
    return Array.from(shards);
  }

  // How much a document has of a term, by class: in the text, there often, in a heading, in its title.
  var WEIGHTS = [1, 4, 5, 14], SHARES = [1, 0.7, 0.45], MAYBE = 0.01;

  function answer(book, question) {
    var amount = new Float32Array(book.count);
    if (question.word) {
      var left = POSTINGS;
      question.words.forEach(function (one) {
        var value = one.shard.value;
        left -= value.sizes[one.word];
        // A letter or two are in most words: to read what all of them say takes longer than to look.
        if (left < 0) { question.open = true; return; }
        value.bits.seek(value.places[one.word]);
        list(value.bits, book.count, function (at, kind) {
          var weight = WEIGHTS[kind] * SHARES[one.share];
          if (weight > amount[at]) amount[at] = weight;
        });
      });
      if (question.open) for (var i = 0; i < amount.length; i += 1) if (amount[i] === 0) amount[i] = MAYBE;
      return amount;
    }
    var place = book.places.get(question.first), shard = shardOf(book.grams, place - 1);
    var value = shard.value, group = value.groups.get(place), bits = value.bits;
    if (!group) {
      value.groups.set(place, group = new Map());
      bits.seek(value.places[place - 1 - shard.start]);
      pairs(bits, book.count, book.places.size, function (second) {
        group.set(second, bits.tell());
        list(bits, book.count, null);
      });
    }
    function add(bit) {
      bits.seek(bit);
      list(bits, book.count, function (at, kind) { if (WEIGHTS[kind] > amount[at]) amount[at] = WEIGHTS[kind]; });
    }
    if (question.second === null) group.forEach(add);
    else if (group.has(book.places.get(question.second))) add(group.get(book.places.get(question.second)));
    return amount;
  }

  function idf(count, having) { return Math.log(1 + (count - having + 0.5) / (having + 0.5)); }
  function saturated(book, amount, at) { return amount * 2.2 / (amount + 1.2 * (0.4 + 0.6 * book.lengths[at] / book.average)); }

  // The documents that may have all terms, the likeliest first.
  function candidates(book, terms, lang) {
    var scores = new Float32Array(book.count).fill(1e-6);
    terms.forEach(function (term) {
      var amount = null;
      term.questions.forEach(function (question) {
        var next = answer(book, question);
        if (!amount) { amount = next; return; }
        for (var i = 0; i < amount.length; i += 1) if (next[i] < amount[i]) amount[i] = next[i];
      });
      if (!amount) return;
      var having = 0;
      for (var i = 0; i < amount.length; i += 1) if (amount[i] > MAYBE) having += 1;
      term.idf = idf(book.count, having);
      for (i = 0; i < amount.length; i += 1) {
        if (amount[i] === 0) scores[i] = 0;
        else if (scores[i] > 0) scores[i] += term.idf * saturated(book, amount[i], i);
      }
    });
    var own = book.contents.languages.indexOf(lang), keys = new Float64Array(book.count), count = 0;
    for (var i = 0; i < book.count; i += 1) {
      if (scores[i] === 0) continue;
      var score = digit(book.contents.langs, i) === own ? scores[i] * 1.25 : scores[i];
      // Numbers are sorted many times faster than by a function: the score, the better the smaller, then the place.
      keys[count++] = (1e7 - Math.min(1e7, Math.floor(score * 1e4))) * book.count + i;
    }
    keys = keys.subarray(0, count).sort();
    for (var found = new Array(count), k = 0; k < count; k += 1) found[k] = keys[k] % book.count;
    return found;
  }

  // ---- documents ----
  function Text(raw) {
    this.route = raw[0];
    this.title = raw[1];
    this.lang = raw[2];
    this.deck = raw[3] === 1;
    this.aliases = raw[4];
    var blocks = this.blocks = [{ weight: 14, text: raw[1], slide: 0, anchor: '' }], slide = 0, anchor = '';
    raw[4].forEach(function (name) { blocks.push({ weight: 9, text: name, slide: 0, anchor: '' }); });
    raw[5].forEach(function (piece) {
      if (typeof piece === 'number') { slide = piece; anchor = ''; return; }
      if (typeof piece === 'string') { blocks.push({ weight: 1, text: piece, slide: slide, anchor: anchor }); return; }
      anchor = piece[0];
      blocks.push({ weight: 5, text: piece[1], slide: slide, anchor: anchor });
    });
    // No block has a line break in it, and no term.
    this.folded = fold(blocks.map(function (block) { return block.text; }).join('\n'));
    this.lines = null;
  }
  Text.prototype.has = function (terms) {
    for (var i = 0; i < terms.length; i += 1) if (this.folded.indexOf(terms[i].text) < 0) return false;
    return true;
  };
  Text.prototype.foldedBlocks = function () { return this.lines || (this.lines = this.folded.split('\n')); };

  function textAt(book, at) {
    var shard = shardOf(book.texts, at), text = shard.value[at - shard.start];
    return text.read || (text.read = new Text(text.raw));
  }

  // How well a document answers, now that its text is there.
  var LETTER = new RegExp('[' + WORD + ']');
  function rank(book, text, at, terms, whole) {
    var lines = text.foldedBlocks(), score = 0;
    terms.forEach(function (term) {
      var amount = 0;
      lines.forEach(function (line, number) {
        for (var from = line.indexOf(term.text), times = 0; from >= 0 && times < 8; times += 1) {
          var end = from + term.text.length;
          var inside = (from > 0 && LETTER.test(term.text[0]) && LETTER.test(line[from - 1] || '')) ? 0.45 : 1;
          if (inside === 1 && LETTER.test(term.text[term.text.length - 1]) && LETTER.test(line[end] || '')) inside = 0.7;
          amount += text.blocks[number].weight * inside;
          from = line.indexOf(term.text, end);
        }
      });
      score += (term.idf || 1) * saturated(book, amount, at);
    });
    var title = lines[0];
    if (title === whole || text.aliases.some(function (_, i) { return lines[i + 1] === whole; })) score *= 2;
    else if (title.indexOf(whole) === 0) score *= 1.4;
    return score;
  }

  function Results(book, terms, query, lang, list) {
    this.book = book;
    this.terms = terms;
    this.whole = fold(query).trim();
    this.lang = lang;
    this.list = list;
    this.at = 0;
    this.found = 0;
    this.last = Promise.resolve();
    this.certain = terms.every(function (term) { return term.certain && !term.questions.some(function (one) { return one.open; }); });
  }
  Results.prototype = {
    // Whether every document was looked at.
    isDone: function () { return this.at >= this.list.length; },
    // How many documents there are: for certain, or at most.
    count: function () { return this.certain ? this.list.length : this.found + this.list.length - this.at; },
    isCountCertain: function () { return this.certain || this.isDone(); },
    // The next documents, ranked among themselves; none when there are no more. Who asks again before they are there
    // is given those that come behind them.
    next: function (count) {
      var self = this, go = function () { return self.take(count); };
      return this.last = this.last.then(go, go);
    },
    take: async function (count) {
      var hits = [], reached = this.at, until = api.now() + 8;
      while (hits.length < count && reached < this.list.length) {
        var some = this.list.slice(reached, reached + count - hits.length), book = this.book;
        var shards = Array.from(new Set(some.map(function (at) { return shardOf(book.texts, at); })));
        if (shards.some(function (shard) { return !shard.value; })) {
          await needAll(book, shards);
          until = api.now() + 8;
        }
        for (var i = 0; i < some.length; i += 1) {
          if (api.now() > until) { await api.pause(); until = api.now() + 8; }
          var text = textAt(book, some[i]);
          if (text.has(this.terms)) {
            var own = text.lang === this.lang ? 1.25 : 1;
            hits.push({ text: text, at: some[i], score: own * rank(book, text, some[i], this.terms, this.whole) });
          }
        }
        reached += some.length;
      }
      this.at = reached;
      this.found += hits.length;
      return hits.sort(function (a, b) { return b.score - a.score || a.at - b.at; });
    }
  };

  // Finds what a query asks for; `null` where it asks for nothing.
  async function find(query, lang) {
    var terms = termsOf(query), at = book || await open();
    if (!terms.length) return null;
    var impossible = false, shards = new Set(), left = 3 * QUESTIONS;
    terms.forEach(function (term) {
      term.questions = term.questions.slice(0, Math.max(left, 0));
      left -= term.questions.length;
      term.questions.forEach(function (question) {
        if (question.word) { at.dictionary.forEach(function (shard) { shards.add(shard); }); return; }
        var first = at.places.get(question.first);
        if (!first || (question.second !== null && !at.places.has(question.second))) { impossible = true; return; }
        shards.add(shardOf(at.grams, first - 1));
      });
    });
    // A character that no document has: nothing needs to be loaded to know.
    if (impossible || !at.count) return new Results(at, terms, query, lang, []);
    await needAll(at, Array.from(shards));
    var words = new Set();
    terms.forEach(function (term) {
      term.questions.forEach(function (question) {
        if (question.word) choose(at, question).forEach(function (shard) { words.add(shard); });
      });
    });
    await needAll(at, Array.from(words));
    return new Results(at, terms, query, lang, candidates(at, terms, lang));
  }

  // ---- what is shown of a document ----
  // A character with what is joined to it when it is folded.
  var CLUSTER = /[\u1100-\u11ff]+|[^](?:\p{M}|[\uff9e\uff9f])*/gu;
  var BEFORE = 36, AFTER = 110;

  // Cuts a piece around the first of the terms out of a block: [text, marked] in turn.
  function snippet(text, folded, terms) {
    var first = -1;
    terms.forEach(function (term) {
      var at = folded.indexOf(term.text);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    });
    var from = Math.max(0, first - BEFORE), start = 0, skipped = 0;
    // Long texts are passed over by the piece; none may end where a mark would join it.
    while (text.length - start > 600) {
      var end = start + 256;
      while (end < text.length && /[\p{M}\uff9e\uff9f\u1100-\u11ff\udc00-\udfff]/u.test(text[end])) end += 1;
      var length = fold(text.slice(start, end)).length;
      if (skipped + length > from) break;
      skipped += length;
      start = end;
    }
    return marked(text, start, skipped, from, terms);
  }
  function marked(text, start, at, from, terms) {
    var clusters = [], line = '', began = at, end = start;
    for (var match; at < from + BEFORE + AFTER + 40 && end < text.length;) {
      // Two plain characters in a row: the first has nothing that joins it.
      if (text.charCodeAt(end) < 0x80 && (end + 1 >= text.length || text.charCodeAt(end + 1) < 0x80)) match = text[end];
      else { CLUSTER.lastIndex = end; match = CLUSTER.exec(text)[0]; }
      var folded = fold(match);
      clusters.push({ text: match, at: at - began });
      line += folded;
      at += folded.length;
      end += match.length;
    }
    var more = end < text.length;
    var marks = new Uint8Array(line.length + 1);
    terms.forEach(function (term) {
      for (var hit = line.indexOf(term.text); hit >= 0; hit = line.indexOf(term.text, hit + 1)) marks.fill(1, hit, hit + term.text.length);
    });
    var parts = [], skip = from - began, room = BEFORE + AFTER, cut = start > 0 || skip > 0;
    for (var i = 0; i < clusters.length; i += 1) {
      var next = i + 1 < clusters.length ? clusters[i + 1].at : line.length;
      if (clusters[i].at < skip) continue;
      if (room-- <= 0) { more = true; break; }
      var on = false;
      for (var j = clusters[i].at; j < next; j += 1) on = on || marks[j] === 1;
      // A mark that is folded away goes with the character before it.
      if (next === clusters[i].at && parts.length) on = parts[parts.length - 1][1];
      if (parts.length && parts[parts.length - 1][1] === on) parts[parts.length - 1][0] += clusters[i].text;
      else parts.push([clusters[i].text, on]);
    }
    if (cut) parts.unshift(['…', false]);
    if (more) parts.push(['…', false]);
    return parts;
  }

  // What to show of a document: where it leads, its title, the block that says most, and the slides that say it.
  function show(hit, terms, slides) {
    var text = hit.text, lines = text.foldedBlocks(), best = null, cards = new Map();
    lines.forEach(function (line, number) {
      var having = 0, block = text.blocks[number];
      terms.forEach(function (term) { if (line.indexOf(term.text) >= 0) having += 1; });
      if (!having) return;
      var worth = having * 4 + (block.weight === 1 ? 2 : block.weight === 5 ? 1 : 0);
      var value = { number: number, worth: worth };
      if (!best || worth > best.worth) best = value;
      if (block.slide && (!cards.has(block.slide) || worth > cards.get(block.slide).worth)) cards.set(block.slide, value);
    });
    function piece(number) { return snippet(text.blocks[number].text, lines[number], terms); }
    var named = best && text.blocks[best.number].weight > 5;
    var body = named ? text.blocks.findIndex(function (block) { return block.weight === 1; }) : best ? best.number : -1;
    var anchor = best && !text.deck ? text.blocks[best.number].anchor : '';
    var chosen = Array.from(cards).sort(function (a, b) { return b[1].worth - a[1].worth || a[0] - b[0]; }).slice(0, slides);
    return {
      href: text.route + (anchor ? '#' + encodeURIComponent(anchor) : ''),
      title: marked(text.title, 0, 0, 0, terms),
      lang: text.lang,
      deck: text.deck,
      section: anchor && text.blocks[best.number].weight === 1 ? heading(text, best.number) : '',
      alias: named && best.number > 0 ? piece(best.number) : [],
      body: body < 0 || text.deck && cards.size ? [] : piece(body),
      slides: chosen.sort(function (a, b) { return a[0] - b[0]; }).map(function (card) {
        var title = text.blocks.find(function (block) { return block.slide === card[0] && block.weight === 5; });
        var own = text.blocks[card[1].number];
        return { number: card[0], href: text.route + '#' + card[0], title: title ? title.text : '', body: own === title ? [] : piece(card[1].number) };
      }),
      more: Math.max(0, cards.size - slides)
    };
  }
  function heading(text, number) {
    while (number > 0 && text.blocks[number].weight !== 5) number -= 1;
    return number > 0 ? text.blocks[number].text : '';
  }

  // ---- one document by its address: a hash says where to look ----
  function mark(address) {
    var hash = 0x811c9dc5;
    for (var i = 0; i < address.length; i += 1) hash = Math.imul(hash ^ address.charCodeAt(i), 0x1000193);
    return (hash >>> 0) % (91 * 91 * 91);
  }
  async function textOf(book, address) {
    var marks = book.contents.addresses, wanted = mark(address);
    for (var i = 0; i < book.count; i += 1) {
      if ((digit(marks, 3 * i) * 91 + digit(marks, 3 * i + 1)) * 91 + digit(marks, 3 * i + 2) !== wanted) continue;
      await needAll(book, [shardOf(book.texts, i)]);
      var text = textAt(book, i);
      if (text.route === address) return text;
    }
    return null;
  }
  // What is not found may have come since the index was read.
  async function at(address) {
    var known = book;
    try {
      var text = known && await textOf(known, address);
      if (text) return text;
    } catch (e) { /* read anew below */ }
    return textOf(await open(), address);
  }

  var api = {
    at: at,
    fold: fold,
    tokens: tokens,
    open: open,
    find: find,
    show: show,
    // Loads a script of the index by its name and resolves with what it hands over.
    load: function () { return Promise.reject(new Error('no loader')); },
    pause: function () { return new Promise(function (resolve) { setTimeout(resolve); }); },
    now: function () { return Date.now(); }
  };
  return api;
})();
