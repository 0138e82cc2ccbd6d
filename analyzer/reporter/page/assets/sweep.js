// The scatter of a sweep: its points are elements with their values as attributes. A pointer shows the values of the
// nearest point; the arrow keys move from point to point. Two lists say what x and y are.

/** A point: its element, its kind, and its number on each measure. */
class SweepPoint {
  constructor(element, measures) {
    this.element = element;
    this.id = element.getAttribute("data-id");
    this.kind = element.parentNode.getAttribute("class").replace("sweep-", "");
    this.numbers = measures.map((measure) => {
      const text = this.text(measure);
      if (text === null || this.unknown(measure)) return null;
      return measure.unit === "words" ? measure.words.indexOf(text) : Number(text);
    });
    element.setAttribute("tabindex", "-1");
  }
  text(measure) { return this.element.getAttribute(`data-${measure.attribute}`); }
  list(name) { return (this.element.getAttribute(`data-${name}`) ?? "").split(" ").filter(Boolean); }
  least(measure) { return this.list("at_least").includes(measure.name); }
  unknown(measure) { return !measure.axis && this.text(measure) === "0" && this.least(measure); }
  /** A value for people; a part of an amount may be unknown. */
  said(measure) {
    const text = this.text(measure);
    if (text === null) return DASH;
    if (measure.axis) return measure.unit === "words" || Number.isInteger(Number(text)) ? text : String(Number(Number(text).toPrecision(6)));
    if (this.unknown(measure)) return "unknown";
    return (this.least(measure) ? "\u2265 " : "") + (measure.unit === "bytes" ? bytes(text) : count(BigInt(text)));
  }
  get verdict() {
    if (this.kind === "front") return "on the front";
    return this.kind === "fits" ? "fits" : `breaks ${this.list("breaks").join(", ")}`;
  }
  /** Moves the shape, whose size does not change. */
  move(x, y) {
    this.x = x;
    this.y = y;
    const { element } = this, shown = x !== null, wide = sweepAt(6 * data.sweep.size);
    element.toggleAttribute("display", false);
    if (!shown) element.setAttribute("display", "none");
    else if (this.kind === "fits") { element.setAttribute("cx", sweepAt(x)); element.setAttribute("cy", sweepAt(y)); }
    else if (this.kind === "breaks") element.setAttribute("d", `M${sweepAt(x - wide / 2)} ${sweepAt(y - wide / 2)}l${wide} ${wide}m0-${wide}l-${wide} ${wide}`);
    else element.setAttribute("d", `M${sweepAt(x)} ${sweepAt(y - wide)}l${wide} ${wide}-${wide} ${wide}-${wide}-${wide}z`);
  }
}

class SweepView {
  constructor(section) {
    const { measures, x, y } = data.sweep;
    Object.assign(this, { section, measures, only: false });
    this.place = section.querySelector(".sweep-plot");
    this.picture = this.place.querySelector("svg");
    this.parts = Object.fromEntries(["frame", "stairs", "over"].map((name) => [name, this.picture.querySelector(`.sweep-${name}`)]));
    this.points = [...this.picture.querySelectorAll("[data-id]")].map((element) => new SweepPoint(element, measures));
    this.of = new Map(this.points.map((point) => [point.element, point]));
    const along = this.points.some((point) => point.kind === "front") ? ", with Shift along the front" : "";
    this.place.after(html("p", { class: "page-note" }, `A pointer shows the values of a point; the arrow keys go from point to point${along}.`));
    this.rows = new Map([...root.querySelectorAll("tr[data-id]")].map((row) => [row.getAttribute("data-id"), row]));
    this.on = marker();
    this.ring = svg("circle", { class: "sweep-ring", r: 9, hidden: true });
    this.picture.append(this.ring);
    this.tip = html("div", { class: "sweep-tip", "aria-hidden": "true", hidden: true });
    this.place.append(this.tip);
    this.place.classList.add("sweep-live");
    this.picture.setAttribute("role", "group");
    this.x = measures[x];
    this.y = measures[y];
    this.active = null;
    section.querySelector(".page-head").append(this.choices());
    this.listen();
    this.draw();
    new ResizeObserver(() => { if (this.room() !== this.width) this.draw(); }).observe(this.place);
  }

  room() { return Math.max(this.place.clientWidth, 240); }

  // ------------------------------------------------------------ what is shown

  /** The lists of what x and y are, and whether all variants are shown or those that fit. */
  choices() {
    const list = (which) => {
      const options = this.measures.map((measure, at) => html("option", { value: at }, measure.axis ? `${measure.title} (axis)` : measure.title));
      const select = html("select", { "aria-label": `What ${which} is`, onchange: () => this.choose(which, this.measures[select.value]) }, ...options);
      return html("label", {}, which, select);
    };
    const labels = { x: list("x"), y: list("y") };
    this.lists = Object.fromEntries(Object.entries(labels).map(([which, label]) => [which, label.querySelector("select")]));
    const kinds = new Set(this.points.map((point) => point.kind));
    const filter = kinds.has("breaks") && kinds.size > 1
      ? segments("Which variants are shown", [[false, "all"], [true, "fits only"]], false, (only) => { this.only = only; this.draw(); }) : null;
    return html("div", { class: "sweep-choose" }, labels.x, labels.y, ...(filter ? [filter] : []));
  }

  /** Puts a measure on an axis; where it was on the other one, the two change places. */
  choose(which, measure) {
    const other = which === "x" ? "y" : "x";
    if (this[other] === measure) this[other] = this[which];
    this[which] = measure;
    this.draw();
  }

  draw() {
    this.width = this.room();
    const { width, parts } = this, height = Math.round(Math.min(Math.max(width * 0.5, 320), 620));
    const x = new SweepAxis(this.x, "x", this.only), y = new SweepAxis(this.y, "y", this.only);
    sweepPlaced(x, y, width, height);
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": `${y.measure.title} against ${x.measure.title}: a point for each variant` })) this.picture.setAttribute(name, value);
    const across = this.measures.indexOf(this.x), up = this.measures.indexOf(this.y);
    for (const point of this.points) {
      const [a, b] = [point.numbers[across], point.numbers[up]];
      const shown = a !== null && b !== null && !(this.only && point.kind === "breaks");
      point.move(shown ? x.at(a) : null, shown ? y.at(b) : null);
    }
    this.shown = this.points.filter((point) => point.x !== null);
    this.across = [...this.shown].sort((one, other) => one.x - other.x || other.y - one.y);
    this.up = [...this.shown].sort((one, other) => other.y - one.y || one.x - other.x);
    parts.frame.replaceChildren(...sweepFrame(x, y, width, height));
    parts.over.replaceChildren(...sweepLimits(x, y, width));
    parts.stairs.setAttribute("d", sweepStairs(x, y, this.shown.filter((point) => point.kind === "front")));
    this.lists.x.value = String(across);
    this.lists.y.value = String(up);
    this.section.querySelector(".sweep-outside").textContent = this.outside([x, y]);
    const first = this.shown.includes(this.active) ? this.active : this.shown.find((point) => point.kind === "front") ?? this.across[0] ?? null;
    this.activate(first);
    this.show(this.focused());
  }

  /** What is not drawn with these axes. */
  outside(axes) {
    const found = [];
    for (const [at, { measure, lines }] of axes.map((axis) => [this.measures.indexOf(axis.measure), axis])) {
      for (const line of measure.lines) if (!lines.includes(line)) found.push(`The limit of ${measure.title}, ${line[2]}, is outside of the picture.`);
      const without = this.points.filter((point) => point.numbers[at] === null).length;
      if (without) found.push(`${plural(without, "point")} ${without === 1 ? "is not drawn: it has" : "are not drawn: they have"} no known ${measure.title}.`);
    }
    return found.join(" ");
  }

  // ------------------------------------------------------------ one point

  /** Makes a point the one that Tab goes to. */
  activate(point) {
    if (this.active) for (const name of ["role", "aria-label"]) this.active.element.removeAttribute(name);
    this.active?.element.setAttribute("tabindex", "-1");
    this.active = point;
    if (!point) return;
    const { element } = point, words = this.measures.map((measure) => `${measure.title} ${point.said(measure)}`);
    for (const [name, value] of Object.entries({ tabindex: "0", role: "img", "aria-label": `variant ${point.id}, ${point.verdict}: ${words.join(", ")}` })) element.setAttribute(name, value);
  }

  focused() { return this.of.get(document.activeElement) ?? null; }

  /** Shows the values of a point beside it; with null nothing. */
  show(point) {
    const seen = point !== null && point.x !== null;
    this.ring.toggleAttribute("hidden", !seen);
    this.tip.toggleAttribute("hidden", !seen);
    const row = seen && this.rows.get(point.id);
    this.on(row ? [row] : []);
    if (!seen) return;
    this.ring.setAttribute("cx", sweepAt(point.x));
    this.ring.setAttribute("cy", sweepAt(point.y));
    const same = this.shown.filter((one) => one !== point && Math.abs(one.x - point.x) < 0.05 && Math.abs(one.y - point.y) < 0.05).length;
    const ordered = [...this.measures].sort((one, other) => other.axis - one.axis);
    const values = ordered.flatMap((measure) => {
      const main = measure === this.x || measure === this.y ? "sweep-main" : null;
      return [html("dt", { class: main }, measure.title), html("dd", { class: main }, point.said(measure))];
    });
    const more = same ? [html("small", {}, `${plural(same, "other point")} here`)] : [];
    this.tip.replaceChildren(html("p", {}, `variant ${point.id} \u00b7 ${point.verdict}`), html("dl", {}, ...values), ...more);
    this.put(point);
  }

  /** Puts the values beside a point; where there is no room at its sides, below or above it. */
  put(point) {
    const { offsetWidth: wide, offsetHeight: high } = this.tip, whole = Number(this.picture.getAttribute("height")), far = 14;
    const left = point.x + far + wide <= this.width ? point.x + far : point.x - far - wide, beside = left >= 0;
    const above = point.y > whole / 2 ? point.y - far - high : point.y + far;
    const x = beside ? left : Math.max(0, Math.min(point.x - wide / 2, this.width - wide));
    const y = beside ? Math.max(0, Math.min(point.y - high / 2, whole - high)) : above;
    this.tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  /** The point nearest to the pointer, if there is one near; of two the one that is drawn later. */
  near(event) {
    const { left, top } = this.picture.getBoundingClientRect();
    const x = event.clientX - left, y = event.clientY - top;
    let found = null, least = 22 * 22;
    for (const point of this.shown) {
      const far = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (far <= least) { found = point; least = far; }
    }
    return found;
  }

  listen() {
    const { picture, place } = this;
    picture.addEventListener("pointermove", (event) => this.show(this.near(event) ?? this.focused()));
    picture.addEventListener("pointerleave", () => this.show(this.focused()));
    picture.addEventListener("click", (event) => { const point = this.near(event); if (point) this.go(point); });
    // Not of the picture: Chromium lets Tab stop at a picture that listens to the focus.
    place.addEventListener("focusin", (event) => { const point = this.of.get(event.target); if (point) { this.activate(point); this.show(point); } });
    place.addEventListener("focusout", () => this.show(null));
    place.addEventListener("keydown", (event) => this.key(event));
    for (const [id, row] of this.rows) {
      const point = this.points.find((one) => one.id === id);
      row.addEventListener("pointerenter", () => this.show(point));
      row.addEventListener("pointerleave", () => this.show(this.focused()));
    }
  }

  go(point) { this.activate(point); point.element.focus({ preventScroll: true }); }

  /** Arrows move to the next point in a direction, with Shift to the next one on the front. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.active) return;
    if (event.key === "Escape") { this.show(null); return; }
    const steps = { ArrowRight: ["across", 1], ArrowLeft: ["across", -1], ArrowUp: ["up", 1], ArrowDown: ["up", -1], Home: ["across", -Infinity], End: ["across", Infinity] };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    const [order, step] = steps[event.key];
    const row = this[order].filter((point) => !event.shiftKey || point.kind === "front" || point === this.active);
    const at = row.indexOf(this.active) + step;
    this.go(row[Math.max(0, Math.min(row.length - 1, at))]);
  }
}

view("sweep", (section) => {
  if (section.querySelector(".sweep-plot")) new SweepView(section);
  return {};
});
