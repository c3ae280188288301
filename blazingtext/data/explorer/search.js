// The search box: a combobox as the ARIA Authoring Practices have it, with a listbox of words.

const MOST_FOUND = 12;

class Search {
  constructor(models, input, list, onChoose) {
    Object.assign(this, { models, input, list, onChoose, active: -1, words: [] });
    input.addEventListener("input", () => this.find());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // Before the blur that would close the list.
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const place = [...list.children].indexOf(event.target.closest("[role=option]"));
      if (place >= 0) this.take(place);
    });
  }

  find() {
    const text = this.input.value.trim();
    const found = this.models.flatMap((model) => model.search(text, MOST_FOUND).map((row) => model.words[row]));
    this.words = [...new Set(found)].slice(0, MOST_FOUND);
    const items = this.words.map((word, place) => element("li", { role: "option", id: `found-${place}`, "aria-selected": "false", dir: "auto" }, word));
    if (text && !items.length) items.push(element("li", { class: "none" }, "No word on this page. Rarer words are left out; --words takes more."));
    this.list.replaceChildren(...items);
    this.show(items.length > 0);
    this.activate(this.words.length ? 0 : -1);
  }

  show(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  close() {
    this.show(false);
    this.activate(-1);
  }

  activate(place) {
    this.active = place;
    [...this.list.children].forEach((item, each) => item.setAttribute("aria-selected", String(each === place)));
    if (place < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `found-${place}`);
    this.list.children[place].scrollIntoView({ block: "nearest" });
  }

  take(place) {
    const word = this.words[place];
    this.input.value = word;
    this.close();
    this.onChoose(word);
  }

  key(event) {
    const count = this.words.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.find();
      if (count) this.activate((this.active + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.list.hidden) this.find();
      if (this.active >= 0) this.take(this.active);
    } else if (event.key === "Escape") {
      if (this.list.hidden) this.input.value = "";
      this.close();
    }
  }
}
