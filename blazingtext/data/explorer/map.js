// One map on a canvas: fifty thousand points a frame, and labels that do not overlap.

const MOST_LABELS = 260, MOST_LABELS_MOVING = 90, MOST_TRIED = 4000, LABEL_CHARACTERS = 32;
const SIZES = [17, 15, 14, 13, 12, 11], SETTLED_MS = 120;
const CELL_WIDTH = 14, CELL_HEIGHT = 9;
const FONT = "system-ui, sans-serif";
const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A word as a label: cut between characters as people see them, and with the direction of its own letters. */
function label(word) {
  if (word.length <= LABEL_CHARACTERS) return word;
  const shown = Array.from(segments.segment(word.slice(0, 8 * LABEL_CHARACTERS)), (each) => each.segment);
  return shown.length <= LABEL_CHARACTERS && word.length <= 8 * LABEL_CHARACTERS ? word : `${shown.slice(0, LABEL_CHARACTERS - 1).join("")}…`;
}

/** A colour of the style sheet, "rgb(1, 2, 3)", laid over another with some opacity, as the four bytes of a pixel. */
function pixel(colour, opacity, paper) {
  const [over, under] = [colour, paper].map((each) => each.match(/\d+/g).slice(0, 3).map(Number));
  const mixed = over.map((value, channel) => Math.round(value * opacity + under[channel] * (1 - opacity)));
  return new Uint32Array(Uint8ClampedArray.of(...mixed, 255).buffer)[0];
}

class MapView {
  constructor(model, canvas) {
    this.model = model;
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.chosen = this.hovered = this.only = null;
    this.widths = new Float32Array(model.words.length);
    this.pointers = new Map();
    this.frames = 0;
    this.drawing = this.settling = 0;
    this.moving = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Which group each word is in, and the colours: {of: Uint8Array, ink: [...], paper, text, mark}. */
  paint(groups, colours) {
    this.groups = groups;
    this.colours = colours;
    this.redraw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const before = this.width ? { x: this.toPlane(this.width / 2, this.height / 2), scale: this.scale / this.fitting() } : null;
    [this.width, this.height] = [width, height];
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.ratio = ratio;
    this.picture = this.context.createImageData(this.canvas.width, this.canvas.height);
    if (before) this.look(before.x[0], before.x[1], before.scale * this.fitting());
    else this.all();
    this.draw();
  }

  bounds() {
    if (!this.known) {
      const { places } = this.model;
      const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
      for (let each = 0; each < places.length; each++) {
        const axis = each % 2;
        if (places[each] < low[axis]) low[axis] = places[each];
        if (places[each] > high[axis]) high[axis] = places[each];
      }
      this.known = { low, high };
    }
    return this.known;
  }

  fitting() {
    const { low, high } = this.bounds();
    return 0.94 * Math.min(this.width / Math.max(high[0] - low[0], 1e-6), this.height / Math.max(high[1] - low[1], 1e-6));
  }

  all() {
    const { low, high } = this.bounds();
    this.look((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, this.fitting());
  }

  look(x, y, scale) {
    this.scale = Math.min(Math.max(scale, this.fitting() / 2), this.fitting() * 400);
    this.left = this.width / 2 - x * this.scale;
    this.top = this.height / 2 + y * this.scale;
    this.moved();
  }

  toPlane(x, y) {
    return [(x - this.left) / this.scale, (this.top - y) / this.scale];
  }

  toScreen(row) {
    return [this.left + this.model.places[2 * row] * this.scale, this.top - this.model.places[2 * row + 1] * this.scale];
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const [a, b] = this.toPlane(x, y);
    const scale = Math.min(Math.max(this.scale * factor, this.fitting() / 2), this.fitting() * 400);
    this.look(a + (this.width / 2 - x) / scale, b - (this.height / 2 - y) / scale, scale);
  }

  pan(x, y) {
    this.left += x;
    this.top += y;
    this.moved();
  }

  /** Shows a word in the middle, near enough that its neighbours have labels. */
  choose(row) {
    this.chosen = row;
    if (row === null) return this.redraw();
    const target = [this.model.places[2 * row], this.model.places[2 * row + 1], Math.max(this.scale, this.closeUp(row))];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || !this.width) return this.look(...target);
    const began = performance.now(), start = [...this.toPlane(this.width / 2, this.height / 2), this.scale];
    const step = (now) => {
      if (this.chosen !== row || this.pointers.size) return;
      const share = Math.min(1, (now - began) / 280), eased = share * share * (3 - 2 * share);
      const at = (place) => start[place] + (target[place] - start[place]) * eased;
      this.look(at(0), at(1), start[2] * (target[2] / start[2]) ** eased);
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** The scale at which most of a word's neighbours are in view. */
  closeUp(row) {
    const { places } = this.model;
    const away = this.model.nearest(row).map((each) => Math.hypot(places[2 * each.row] - places[2 * row], places[2 * each.row + 1] - places[2 * row + 1]));
    const reach = away.sort((a, b) => a - b)[Math.floor(away.length * 0.6)] || 1;
    return Math.min((0.35 * Math.min(this.width, this.height)) / Math.max(reach, 1e-3), this.fitting() * 12);
  }

  /** The row of the word nearest to a point of the canvas, within some pixels; null when there is none. */
  at(x, y, reach) {
    const [a, b] = this.toPlane(x, y);
    const { places } = this.model;
    let found = null, least = (reach / this.scale) ** 2;
    for (let row = 0; row < this.model.words.length; row++) {
      const dx = places[2 * row] - a, dy = places[2 * row + 1] - b, distance = dx * dx + dy * dy;
      if (distance < least) [least, found] = [distance, row];
    }
    return found;
  }

  /** Draws soon, with fewer labels until the map has come to rest. */
  moved() {
    this.moving = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.moving = false;
      this.redraw();
    }, SETTLED_MS);
    this.redraw();
  }

  redraw() {
    if (!this.drawing) this.drawing = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.drawing = 0;
    if (!this.width || !this.colours) return;
    this.drawPoints();
    const pen = this.context;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.textAlign = "center";
    pen.lineJoin = "round";
    const taken = new Uint8Array(Math.ceil(this.width / CELL_WIDTH + 2) * Math.ceil(this.height / CELL_HEIGHT + 2));
    if (this.chosen !== null) this.drawChosen(pen, taken);
    this.drawLabels(pen, taken);
    if (this.hovered !== null && this.hovered !== this.chosen) this.drawLabel(pen, this.hovered, 15, this.colours.text, null, "600");
    if (this.keyboard) this.drawCross(pen);
    this.frames++;
  }

  /** Every point as a square of pixels: in a buffer of one's own, fifty thousand take a few milliseconds. */
  drawPoints() {
    const { places } = this.model, { ratio, groups, picture } = this, { width, height } = picture;
    const scale = this.scale * ratio, left = this.left * ratio, top = this.top * ratio;
    const pixels = new Uint32Array(picture.data.buffer).fill(pixel(this.colours.paper, 1, this.colours.paper));
    const opacity = this.chosen === null ? 0.8 : 0.5;
    const inks = this.colours.ink.map((ink, group) => pixel(ink, this.only !== null && this.only !== group ? 0.12 : opacity, this.colours.paper));
    const side = Math.round(ratio * Math.min(7, Math.max(1.3, 70 / Math.sqrt(groups.length)) * (this.scale / this.fitting()) ** 0.25 + 0.6));
    for (let row = groups.length - 1; row >= 0; row--) {
      const x = Math.round(left + places[2 * row] * scale - side / 2), y = Math.round(top - places[2 * row + 1] * scale - side / 2);
      if (x < 0 || y < 0 || x + side > width || y + side > height) continue;
      const ink = inks[groups[row]];
      for (let line = y; line < y + side; line++) pixels.fill(ink, line * width + x, line * width + x + side);
    }
    this.context.putImageData(picture, 0, 0);
  }

  drawChosen(pen, taken) {
    const [x, y] = this.toScreen(this.chosen);
    const near = this.model.nearest(this.chosen);
    pen.strokeStyle = this.colours.mark;
    pen.lineWidth = 1.2;
    pen.globalAlpha = 0.6;
    pen.beginPath();
    for (const each of near) {
      pen.moveTo(x, y);
      pen.lineTo(...this.toScreen(each.row));
    }
    pen.stroke();
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.fillStyle = this.colours.mark;
    pen.fill();
    this.drawLabel(pen, this.chosen, 19, this.colours.mark, taken, "700");
    for (const each of near) this.drawLabel(pen, each.row, 14, this.colours.text, taken, "600");
  }

  drawLabels(pen, taken) {
    const count = this.model.words.length;
    const most = this.moving ? MOST_LABELS_MOVING : MOST_LABELS;
    let drawn = 0, tried = 0;
    for (let row = 0; row < count && drawn < most && tried < MOST_TRIED; row++) {
      if (this.only !== null && this.groups[row] !== this.only) continue;
      const [x, y] = this.toScreen(row);
      if (x < 0 || y < 0 || x > this.width || y > this.height) continue;
      tried++;
      const size = SIZES[Math.floor((SIZES.length - 1) * (Math.log1p(drawn) / Math.log1p(MOST_LABELS)))];
      drawn += this.drawLabel(pen, row, size, this.colours.ink[this.groups[row]], taken, "400") ? 1 : 0;
    }
  }

  /** Draws a word's label above its point, unless its room is taken; whether it was drawn. */
  drawLabel(pen, row, size, colour, taken, weight) {
    const text = label(this.model.words[row]);
    if (!this.widths[row]) {
      pen.font = `12px ${FONT}`;
      this.widths[row] = Math.max(0.01, pen.measureText(text).width / 12);
    }
    const [x, y] = this.toScreen(row);
    const width = this.widths[row] * size * (weight === "400" ? 1 : 1.08) + 6;
    if (taken && !this.take(taken, x - width / 2, y - size - 5, width, size + 3)) return false;
    pen.font = `${weight} ${size}px ${FONT}`;
    if (!this.moving) {
      pen.lineWidth = 3;
      pen.strokeStyle = this.colours.paper;
      pen.strokeText(text, x, y - 6);
    }
    pen.fillStyle = colour;
    pen.fillText(text, x, y - 6);
    return true;
  }

  /** Takes room for a label; false when some of it is taken. */
  take(taken, left, top, width, height) {
    const across = Math.ceil(this.width / CELL_WIDTH + 2), down = Math.ceil(this.height / CELL_HEIGHT + 2);
    const from = Math.max(0, Math.floor(left / CELL_WIDTH)), to = Math.min(across - 1, Math.floor((left + width) / CELL_WIDTH));
    const first = Math.max(0, Math.floor(top / CELL_HEIGHT)), last = Math.min(down - 1, Math.floor((top + height) / CELL_HEIGHT));
    for (let y = first; y <= last; y++) for (let x = from; x <= to; x++) if (taken[y * across + x]) return false;
    for (let y = first; y <= last; y++) taken.fill(1, y * across + from, y * across + to + 1);
    return true;
  }

  drawCross(pen) {
    pen.lineWidth = 1.5;
    pen.strokeStyle = this.colours.text;
    pen.beginPath();
    for (const [x, y] of [[9, 0], [0, 9]]) {
      pen.moveTo(this.width / 2 - x, this.height / 2 - y);
      pen.lineTo(this.width / 2 + x, this.height / 2 + y);
    }
    pen.stroke();
  }
}
