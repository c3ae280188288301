// What a person does with a map: wheel, pointer, two fingers and keys.

const CLICK_DISTANCE = 4, REACH = 14;

class WordMap extends MapView {
  constructor(model, canvas, { onChoose, onLetGo }) {
    super(model, canvas);
    this.onChoose = onChoose;
    this.onLetGo = onLetGo;
    this.listen();
  }

  listen() {
    const on = (name, act, options) => this.canvas.addEventListener(name, act, options);
    on("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.offsetX, event.offsetY);
    }, { passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.pointers.delete(event.pointerId));
    on("pointerleave", () => this.hover(null));
    on("dblclick", (event) => this.zoom(2, event.offsetX, event.offsetY));
    on("keydown", (event) => this.key(event));
    on("focus", () => this.cross(this.canvas.matches(":focus-visible")));
    on("blur", () => this.cross(false));
  }

  cross(shown) {
    this.keyboard = shown;
    this.redraw();
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.hover(this.at(event.offsetX, event.offsetY, REACH));
    const now = { x: event.offsetX, y: event.offsetY };
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (other) {
      const spread = (point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
      this.zoom(spread(now) / spread(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
      this.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else if (this.travelled > CLICK_DISTANCE) this.pan(now.x - before.x, now.y - before.y);
    this.pointers.set(event.pointerId, now);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    if (this.travelled > CLICK_DISTANCE) return;
    const row = this.at(event.offsetX, event.offsetY, REACH);
    if (row !== null) this.onChoose(this.model.words[row]);
  }

  hover(row) {
    if (row === this.hovered) return;
    this.hovered = row;
    this.canvas.style.cursor = row === null ? "" : "pointer";
    this.redraw();
  }

  key(event) {
    const step = 70;
    const acts = {
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0), ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoom(1.4), "=": () => this.zoom(1.4), "-": () => this.zoom(1 / 1.4), 0: () => this.all(), Escape: () => this.onLetGo(),
      Enter: () => this.onChoose(this.model.words[this.at(this.width / 2, this.height / 2, Infinity)]),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }
}
