// What stands beside the maps: the chosen word and its nearest words, the words that changed most, the legend.

/** An element with attributes and children; texts are texts. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en");

class Panel {
  constructor(models, changed, onChoose) {
    Object.assign(this, { models, onChoose });
    byId("changes").hidden = !changed.length;
    byId("changed").classList.add("words");
    byId("changed").replaceChildren(...changed.map((word) => this.item(word, models[0].same[models[0].rows.get(word)])));
  }

  item(word, cosine, both = false) {
    const button = element("button", { type: "button" }, element("bdi", {}, word));
    button.addEventListener("click", () => this.onChoose(word));
    return element("li", both ? { class: "both" } : {}, button, element("span", { class: "figure" }, cosine.toFixed(3)));
  }

  choose(word) {
    byId("hint").hidden = word !== null;
    byId("chosen").hidden = word === null;
    if (word === null) return;
    byId("word").textContent = word;
    byId("facts").textContent = this.facts(word);
    const near = this.models.map((model) => (model.rows.has(word) ? model.nearest(model.rows.get(word)) : null));
    const shared = new Set((near.length > 1 && near.every(Boolean) ? near[0] : []).map((each) => each.word).filter((each) => near[1].some((other) => other.word === each)));
    byId("neighbors").className = "sides";
    byId("neighbors").replaceChildren(...this.models.map((model, place) => this.side(model, near[place], shared)));
    const said = near.map((found, place) => (found ? `${this.models[place].letter} ${found.map((each) => each.word).join(", ")}` : "")).join(". ");
    byId("spoken").textContent = `${word}. Nearest words: ${said}`;
  }

  facts(word) {
    const ranks = this.models.filter((model) => model.rows.has(word)).map((model) => `${model.letter ? `${model.letter}: ` : ""}number ${whole.format(model.rows.get(word) + 1)} by frequency`);
    const [first] = this.models;
    const same = first.same && first.rows.has(word) ? first.same[first.rows.get(word)] : NaN;
    return [...ranks, ...(Number.isNaN(same) ? [] : [`cosine of its two vectors ${same.toFixed(3)}`])].join("; ");
  }

  side(model, near, shared) {
    const title = element("h3", {}, element("bdi", {}, model.letter ? `Nearest in ${model.letter}` : "Nearest words"));
    if (!near) return element("section", {}, title, element("p", {}, "It is not among the words of this run on this page."));
    const list = element("ol", { class: "words" }, ...near.map((each) => this.item(each.word, each.cosine, shared.has(each.word))));
    return element("section", {}, title, list, ...(shared.size ? [element("p", { class: "unseen" }, `${shared.size} of them are named by both runs.`)] : []));
  }

  legend(title, groups, onOnly) {
    byId("legend-title").textContent = title;
    const buttons = groups.map(({ name, ink }, group) => {
      const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = ink;
      const button = element("button", { type: "button", "aria-pressed": "false" }, swatch, element("bdi", {}, name));
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        for (const each of buttons) each.setAttribute("aria-pressed", String(on && each === button));
        onOnly(on ? group : null);
      });
      return button;
    });
    byId("groups").replaceChildren(...buttons.map((button) => element("li", {}, button)));
  }
}
