// The core of every page: the data, the boxes and layers, exact sums, and what is marked in all views.
// It is joined with the other scripts inside of one function of `data` and `root`, so what is declared here is seen
// there, and a page of several networks runs all of it once for each. The files have characters of ASCII only.

const DASH = "\u2013", TIMES = "\u00d7", MORE = -0.5;

// ---------------------------------------------------------------- elements

/** An element with attributes and children; text gets in as text only. `class` and `data-...` are attributes too. */
function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for a picture. */
function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// ---------------------------------------------------------------- numbers

/** A number of the data: text where it is larger than a script's numbers are exact. */
const exactly = (number) => (typeof number === "string" ? BigInt(number) : number);

/** A sum that stays exact: numbers while they are exact, BigInt beyond. */
function plus(one, other) {
  if (typeof one === "bigint" || typeof other === "bigint") return reduced(BigInt(one) + BigInt(other));
  const sum = one + other;
  return Number.isSafeInteger(sum) ? sum : BigInt(one) + BigInt(other);
}

const minus = (one, other) => plus(one, -other);
const reduced = (big) => (big >= -9007199254740991n && big <= 9007199254740991n ? Number(big) : big);

/** A whole number with its thousands grouped, exact: `756,560`. */
const count = (number) => number.toString().replace(/\B(?=(\d{3})+$)/g, ",");

/** A count in three or four digits: `4.09 G`, `999 k`. */
function human(number) {
  let value = Number(number), unit = "";
  for (const next of ["k", "M", "G", "T", "P", "E"]) {
    if (value < 999.5) break;
    value /= 1000;
    unit = ` ${next}`;
  }
  return unit ? `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)}${unit}` : count(number);
}

/** A size in the largest binary unit of which it has at least 1: `2.9 MiB`. */
function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let step = 0, size = BigInt(number), unit = 1n;
  while (step < units.length - 1 && size >= unit * 1024n) { unit *= 1024n; step += 1; }
  if (!step) return `${size} B`;
  let tenths = (size * 20n / unit + 1n) / 2n;
  if (tenths >= 10240n && step < units.length - 1) { tenths = 10n; step += 1; }
  return `${count(tenths / 10n)}.${tenths % 10n} ${units[step]}`;
}

/** A share for people: `33 %`, `2.5 %`, `< 0.1 %`. */
function percent(part, whole) {
  if (!Number(part) || !Number(whole)) return "0 %";
  const share = 100 * Number(part) / Number(whole);
  return share < 0.1 ? "< 0.1 %" : share < 10 ? `${share.toFixed(1)} %` : `${Math.round(share)} %`;
}

const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** A text of at most so many characters; `title` tells the rest. */
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}\u2026` : text);

// ---------------------------------------------------------------- boxes and layers

/** A box of the network: a layer, a block, a run of equal neighbours, or a chunk of many boxes. */
class Box {
  constructor(id, level, parent) {
    this.id = id; this.level = level; this.parent = parent; this.parts = [];
    this.start = 0; this.stop = 0; this.times = 1; this.chunk = false; this.same = false; this.alone = false;
  }
  get label() { return data.words[data.boxes.label[this.id]]; }
  get kind() { return data.words[data.boxes.kind[this.id]]; }
  get layers() { return this.stop - this.start; }
  /** A layer with its `norm` and `act`. */
  get expanded() { return this.parts.length > 1 && this.parts[0].same && this.parts.every((part) => !part.parts.length); }
  get name() {
    if (!this.parent) return "";
    if (this.times > 1) return this.parts[0].name;
    let around = this.parent;
    while (around.parent && (around.chunk || around.times > 1)) around = around.parent;
    if (this.chunk || this.same) return around.name;
    return this.alone || !around.name ? this.label : `${around.name}.${this.label}`;
  }
  /** What people call it: a run has the names of all, a chunk its first and last. */
  get title() { return this.parent ? (this.times > 1 || this.chunk ? `${this.name.slice(0, this.name.length - this.parts[0].label.length)}${this.label}` : this.name) : data.network.name; }
  /** The boxes around it, from the whole network on. */
  get path() { const found = []; for (let box = this.parent; box; box = box.parent) found.unshift(box); return found; }
  /** The volume that it puts out: that of its last layer. */
  get output() { return this.layers ? layers[this.stop - 1].volume : ""; }
  contains(other) { return this.start <= other.start && other.stop <= this.stop && this.level <= other.level; }
}

/** A layer, by its place in the network. */
class Layer {
  constructor(index, box) { this.index = index; this.box = box; }
  get name() { return this.box.name; }
  get kind() { return this.box.kind; }
  get cost() { return data.layers.cost[this.index]; }
  get volume() { return data.volumes[data.costs.volume[this.cost]]; }
  get line() { return data.layers.line[this.index]; }
  get field() { return data.fields[data.layers.field[this.index]]; }
  /** The places of the layers that it reads; inputs count down from -1, a last MORE says that there are more. */
  get reads() { return data.reads[this.index] ?? [this.index - 1]; }
  get unknown() { return unknown.has(this.cost); }
  /** A number by the name of its column: `macs`, `shared.weights`, `local.parameters` ... */
  get(metric) { return value(metric, this.cost); }
}

const boxes = [], layers = [], unknown = new Set(data.costs?.unknown);

function readBoxes() {
  const { level, runs, chunks, same, alone } = data.boxes;
  const open = [];
  for (let id = 0; id < level.length; id += 1) {
    open.length = level[id];
    const parent = open.at(-1), box = new Box(id, level[id], parent);
    box.start = layers.length;
    parent?.parts.push(box);
    boxes.push(box);
    open.push(box);
    if (id && !(level[id + 1] > level[id])) layers.push(new Layer(layers.length, box));
  }
  for (let id = boxes.length - 1; id >= 0; id -= 1) {
    const last = boxes[id].parts.at(-1);
    boxes[id].stop = last ? last.stop : boxes[id].start + (id ? 1 : 0);
  }
  for (let at = 0; at < runs.length; at += 2) boxes[runs[at]].times = runs[at + 1];
  for (const id of chunks) boxes[id].chunk = true;
  for (const id of same) boxes[id].same = true;
  for (const id of alone) boxes[id].alone = true;
}

/** The name of what a layer reads: of a layer, or of an input of the network. */
const nameOf = (index) => (index >= 0 ? layers[index].name : data.network.inputs[-1 - index][0]);
const volumeOf = (index) => (index >= 0 ? layers[index].volume : data.network.inputs[-1 - index][1]);

/** The sizes of a volume: [56, 56, 256]; the depth is the last. */
const sizesOf = (volume) => volume.split(TIMES).map(Number);

const tables = new Map(), sums = new Map();

/** A number of the table of costs. `parameters` are weights and biases. */
function value(metric, cost) {
  if (!tables.has(metric)) {
    const [mode, name] = metric.split(".");
    const costs = data.costs;
    const found = name === "parameters"
      ? costs[`${mode}.weights`].map((weights, at) => plus(exactly(weights), exactly(costs[`${mode}.biases`][at])))
      : costs[metric].map(exactly);
    tables.set(metric, found);
  }
  return tables.get(metric)[cost];
}

/** The exact sum of a number over layers; `name` is that of a column. */
function sum(metric, start = 0, stop = layers.length) {
  if (!sums.has(metric)) {
    let total = 0;
    sums.set(metric, [0, ...layers.map((layer) => (total = plus(total, layer.get(metric))))]);
  }
  const found = sums.get(metric);
  return minus(found[stop], found[start]);
}

/** Whether a part of the MACs of a box is unknown. */
const atLeast = (box) => unknown.size > 0 && layers.slice(box.start, box.stop).some((layer) => layer.unknown);

// ---------------------------------------------------------------- what is marked

const builders = [], views = [];
let chosen = null, marked = null;

/** Adds a view: `build(section)` draws it, and returns what it does when a box is marked or chosen. */
function view(name, build) { builders.push([name, build]); }

/** Marks a box in all views, while the pointer or the focus is on it; with null the chosen one is marked again. */
function mark(box) {
  const next = box ?? chosen;
  if (next === marked) return;
  marked = next;
  for (const one of views) one.mark?.(marked);
}

/** Chooses a box: it stays marked, the views show it, and the address names it. `from` is the view that it comes from. */
function choose(box, from = "") {
  chosen = box;
  marked = null;
  mark(box);
  for (const one of views) one.choose?.(box, from);
  try {
    history.replaceState(null, "", box && box.parent ? `#${encodeURIComponent(box.name)}` : location.pathname + location.search);
  } catch { /* an address that cannot be changed: the page was opened in a frame */ }
}

/** What remembers which elements are marked: called with others, it marks those instead. */
function marker() {
  let lit = [];
  return (elements) => {
    for (const element of lit) element.removeAttribute("data-on");
    lit = elements;
    for (const element of lit) element.setAttribute("data-on", "");
  };
}

/** Lets an element mark a box while the pointer or the focus is on it. */
function marks(element, box) {
  element.addEventListener("pointerenter", () => mark(box));
  element.addEventListener("pointerleave", () => mark(null));
  element.addEventListener("focus", () => mark(box));
  element.addEventListener("blur", () => mark(null));
  return element;
}

/** The box that an address names: a layer, otherwise a block of this name. */
function named(name) {
  const found = boxes.filter((box) => box.parent && box.times === 1 && !box.chunk && box.name === name);
  return found.find((box) => box.expanded) ?? found.find((box) => !box.parts.length) ?? found[0] ?? null;
}

function follow() {
  let name = location.hash.slice(1);
  try { name = decodeURIComponent(name); } catch { /* not encoded: the name as it is */ }
  const box = name && boxes.length ? named(name) : null;
  if (box) choose(box, "address");
}

/** Draws every view below the root; a view that has no section there is left out. */
function start() {
  if (data.boxes) readBoxes();
  for (const [name, build] of builders) {
    for (const section of root.querySelectorAll(`[data-view="${name}"]`)) views.push(build(section) ?? {});
  }
  if (!boxes.length) return;
  follow();
  addEventListener("hashchange", follow);
}

/** Buttons of which one is pressed: `choices` are [value, text]; `changed` is called with the value. */
function segments(label, choices, at, changed) {
  const buttons = choices.map(([value, text]) => html("button", {
    type: "button", "aria-pressed": String(value === at),
    onclick: (event) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
      changed(value);
    },
  }, text));
  return html("div", { class: "page-segments", role: "group", "aria-label": label }, ...buttons);
}
