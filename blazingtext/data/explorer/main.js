// Puts the page together.

const data = JSON.parse(byId("data").textContent);
const letters = data.models.length > 1 ? ["A", "B"] : [""];
const models = data.models.map((each, place) => new Model(each, letters[place]));
const actions = { onChoose: (word) => choose(word), onLetGo: () => choose(null) };
const maps = models.map((model) => {
  const about = `Map of ${whole.format(model.words.length)} words${model.letter ? ` of ${model.letter}` : ""}. Arrow keys move it, plus and minus zoom, Enter chooses the word in the middle.`;
  const canvas = element("canvas", { tabindex: "0", role: "application", "aria-roledescription": "map", "aria-label": about });
  const name = model.letter ? [element("p", { class: "name" }, `${model.letter}: `, element("bdi", {}, model.name))] : [];
  byId("maps").append(element("div", { class: "map" }, canvas, ...name));
  return new WordMap(model, canvas, actions);
});
const panel = new Panel(models, data.changed, choose);
new Search(models, byId("search"), byId("found"), choose);

/** Chooses a word in every map that has it; null lets it go. */
function choose(word) {
  models.forEach((model, place) => maps[place].choose(model.rows.get(word) ?? null));
  panel.choose(word);
  history.replaceState(null, "", word === null ? location.pathname + location.search : `#${encodeURIComponent(word)}`);
}

/** A colour of the style sheet as the present theme has it. */
function colour(name) {
  const probe = byId("hint");
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  probe.style.color = "";
  return found;
}

const WAYS = {
  cluster: {
    title: "Clusters",
    of: (model) => model.clusters,
    names: () => data.clusters.map((words) => words.join(", ")),
    ink: "group",
  },
  change: {
    title: "Change: cosine of the two vectors",
    of: (model) => binsOfChange(model),
    names: () => namesOfChange(),
    ink: "change",
  },
};

function binsOfChange(model) {
  const limits = models[0].changeLimits();
  return Uint8Array.from(model.same, (value) => (Number.isNaN(value) ? CHANGE_BINS : limits.filter((limit) => value < limit).length));
}

function namesOfChange() {
  const limits = models[0].changeLimits().map((limit) => limit.toFixed(2));
  const between = limits.slice(1).map((limit, place) => `${limit} to ${limits[place]}`);
  return [`${limits[0]} and more: changed least`, ...between, `below ${limits.at(-1)}: changed most`, "in one of the runs only"];
}

function paint() {
  const way = WAYS[byId("colour").value];
  const names = way.names();
  const ink = names.map((_, group) => colour(`${way.ink}-${group}`));
  const colours = { ink, paper: colour("paper"), text: colour("ink"), mark: colour("mark") };
  maps.forEach((map, place) => {
    map.only = null;
    map.paint(way.of(models[place]), colours);
  });
  const groups = names.map((name, group) => ({ name, ink: ink[group] }));
  panel.legend(way.title, groups, (only) => maps.forEach((map) => {
    map.only = only;
    map.redraw();
  }));
}

byId("colour").append(...Object.keys(WAYS).filter((way) => way === "cluster" || models[0].same).map((way) => element("option", { value: way }, `by ${way}`)));
byId("colour").addEventListener("change", paint);
byId("theme").addEventListener("change", (event) => {
  document.documentElement.dataset.theme = event.target.value;
  paint();
});
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", paint);
byId("zoom-in").addEventListener("click", () => maps.forEach((map) => map.zoom(1.5)));
byId("zoom-out").addEventListener("click", () => maps.forEach((map) => map.zoom(1 / 1.5)));
byId("zoom-all").addEventListener("click", () => maps.forEach((map) => map.all()));
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  byId("search").focus();
});
byId("made").textContent = data.made;
paint();

/** The word of the address, such as #king; what is no word's address is left alone. */
function asked() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

if (models.some((model) => model.rows.has(asked()))) choose(asked());
