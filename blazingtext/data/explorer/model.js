// The data of the page: words, places, nearest words. Words are data: they are only ever set as text.

const CHANGE_BINS = 5;

/** The numbers behind base64, little-endian as every machine that runs a browser has them. */
function numbers(base64, Kind) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return new Kind(bytes.buffer);
}

/** A word as search compares it: without accents, in lower case. */
function folded(word) {
  return word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

class Model {
  constructor(data, letter) {
    this.letter = letter;
    this.name = data.name;
    this.total = data.total;
    this.words = data.words;
    this.rows = new Map(data.words.map((word, row) => [word, row]));
    this.places = numbers(data.places, Float32Array);
    this.neighbors = numbers(data.neighbors, Uint32Array);
    this.cosines = numbers(data.cosines, Float32Array);
    this.clusters = numbers(data.clusters, Uint8Array);
    this.same = data.same ? numbers(data.same, Float32Array) : null; // cosine of a word's two vectors; NaN where there is one
    this.near = this.neighbors.length / this.words.length;
    this.spellings = null;
  }

  nearest(row) {
    const found = [];
    for (let place = row * this.near; place < (row + 1) * this.near; place++) {
      found.push({ row: this.neighbors[place], word: this.words[this.neighbors[place]], cosine: this.cosines[place] });
    }
    return found;
  }

  /** Rows of words that begin with a text, then of words that hold it; the most frequent first. */
  search(text, most) {
    const wanted = folded(text);
    if (!wanted) return [];
    this.spellings ??= this.words.map(folded);
    const exact = [], beginning = [], within = [];
    for (let row = 0; row < this.spellings.length; row++) {
      const place = this.spellings[row].indexOf(wanted);
      if (place < 0) continue;
      if (this.words[row] === text || this.spellings[row] === wanted) exact.push(row);
      else if (place === 0) beginning.push(row);
      else if (within.length < most) within.push(row);
      if (exact.length + beginning.length >= 4 * most) break;
    }
    exact.sort((a, b) => (this.words[b] === text) - (this.words[a] === text) || a - b);
    return [...exact, ...beginning, ...within].slice(0, most);
  }

  /** Upper limits of the cosine for each bin of change, from the words that changed least to those that changed most. */
  changeLimits() {
    const known = Float32Array.from(this.same.filter((value) => !Number.isNaN(value))).sort();
    return Array.from({ length: CHANGE_BINS - 1 }, (_, bin) => known[Math.floor((known.length * (CHANGE_BINS - 1 - bin)) / CHANGE_BINS)]);
  }
}
