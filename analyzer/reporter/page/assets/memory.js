// The view of memory: the cursor, zoom, what is alive at the cursor, and what other views mark.

const MOTION = { wider: 0.5, wheel: 0.0022, least: 8 };

class MemoryView extends MemoryPicture {
  constructor(section, place) {
    super();
    const modes = Object.keys(data.memory.modes);
    this.place = place;
    this.steps = new Map();
    this.on = marker();
    this.band = svg("path", { class: "memory-band" });
    this.line = svg("line", { class: "memory-cursor" });
    this.slider = html("div", {
      class: "memory-slider", tabindex: "0", role: "slider", "aria-label": "Operation of the training step",
      "aria-orientation": "horizontal", "aria-valuemin": "1",
    });
    this.say = html("p", { class: "memory-say", "aria-hidden": "true" });
    this.now = html("div", { class: "memory-now" });
    section.querySelector(".page-head").append(
      segments("Sharing of weights", modes.map((mode, at) => [mode, data.memory.titles[at]]), data.memory.mode, (mode) => this.open(mode)),
      this.buttons(),
    );
    place.append(this.slider, this.say, this.now);
    section.querySelector("details").open = false;
    this.listen();
    this.open(data.memory.mode);
    new ResizeObserver(() => { if (this.room() !== this.width) this.draw(); }).observe(place);
  }

  open(mode) {
    if (!this.steps.has(mode)) this.steps.set(mode, new TrainingStep(mode));
    this.step = this.steps.get(mode);
    const { count, phases } = this.step;
    // The step has few operations: together they are as wide as a thirtieth of the others, so that they can be seen.
    this.before = count - phases[2];
    this.wide = phases[2] ? Math.max(1, this.before / 30 / phases[2]) : 1;
    this.end = this.u(count);
    if (!(this.to <= this.end)) { this.from = 0; this.to = this.end; }
    this.at = this.pinned = this.step.peak;
    this.slider.setAttribute("aria-valuemax", String(count));
    this.draw();
  }

  // ------------------------------------------------------------ which stretch is shown

  /** The position under the pointer, -1 beside the picture. */
  under(event) {
    const left = event.clientX - this.slider.getBoundingClientRect().left - STEP.left;
    if (left < 0 || left > this.inner) return -1;
    return this.position(this.from + (left * (this.to - this.from)) / this.inner);
  }

  /** Shows the stretch from `from` on that is `length` long, as near as the ends allow. */
  look(from, length) {
    length = Math.min(Math.max(length, Math.min(MOTION.least, this.end)), this.end);
    this.from = Math.max(0, Math.min(from, this.end - length));
    this.to = this.from + length;
    this.draw();
  }

  /** Zooms by a factor; `u` stays where it is. */
  zoom(factor, u = this.u(this.at) + 0.5) {
    const length = Math.max(this.to - this.from, 1e-9) * factor;
    const share = (Math.min(Math.max(u, this.from), this.to) - this.from) / (this.to - this.from);
    const inside = u >= this.from && u <= this.to;
    this.look(inside ? u - share * Math.min(Math.max(length, Math.min(MOTION.least, this.end)), this.end) : u - length / 2, length);
  }

  buttons() {
    const button = (label, text, onclick) => html("button", { type: "button", "aria-label": label, title: label, onclick }, text);
    this.out = button("Zoom out", "\u2212", () => this.zoom(1 / MOTION.wider));
    this.closer = button("Zoom in", "+", () => this.zoom(MOTION.wider));
    this.all = button("Show the whole step", "whole step", () => this.look(0, this.end));
    this.top = button("Go to the peak", "peak", () => { this.pinned = this.step.peak; this.move(this.pinned); mark(null); });
    return html("div", { class: "page-segments memory-zoom", role: "group", "aria-label": "Zoom" }, this.out, this.closer, this.all, this.top);
  }

  // ------------------------------------------------------------ pointer and keys

  listen() {
    const slider = this.slider;
    let grip = null;
    slider.addEventListener("pointerdown", (event) => { grip = { left: event.clientX, from: this.from, moved: false }; });
    slider.addEventListener("pointermove", (event) => {
      if (grip && event.buttons & 1 && this.zoomed && Math.abs(event.clientX - grip.left) > 3) {
        grip.moved = true;
        this.look(grip.from - ((event.clientX - grip.left) * (this.to - this.from)) / this.inner, this.to - this.from);
        return;
      }
      const at = this.under(event);
      if (at < 0) this.leave();
      else this.move(at);
    });
    slider.addEventListener("pointerleave", () => { grip = null; this.leave(); });
    slider.addEventListener("click", (event) => {
      const at = this.under(event), dragged = grip?.moved;
      grip = null;
      if (at < 0 || dragged) return;
      this.pinned = at;
      this.move(at);
      this.pick();
    });
    slider.addEventListener("focus", () => this.move(this.at));
    slider.addEventListener("blur", () => { this.pinned = this.at; mark(null); });
    slider.addEventListener("keydown", (event) => this.key(event));
    slider.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { at } = this, last = this.step.count - 1, page = Math.max(Math.round(this.step.count / 10), 1);
    const moves = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: last, PageUp: at + page, PageDown: at - page };
    const acts = {
      "+": () => this.zoom(MOTION.wider), "=": () => this.zoom(MOTION.wider), "-": () => this.zoom(1 / MOTION.wider),
      0: () => this.look(0, this.end), Enter: () => this.pick(), " ": () => this.pick(),
    };
    if (!Object.hasOwn(moves, event.key) && !Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    if (Object.hasOwn(acts, event.key)) { acts[event.key](); return; }
    this.pinned = Math.max(0, Math.min(last, moves[event.key]));
    this.move(this.pinned);
  }

  /** With Ctrl the wheel zooms; sideways it moves. Otherwise it scrolls the page, as everywhere. */
  wheel(event) {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const left = event.clientX - this.slider.getBoundingClientRect().left - STEP.left;
      this.zoom(Math.exp(event.deltaY * MOTION.wheel), this.from + (Math.max(0, Math.min(left, this.inner)) * (this.to - this.from)) / this.inner);
    } else if (sideways && this.zoomed) {
      event.preventDefault();
      this.look(this.from + (sideways * (this.to - this.from)) / this.inner, this.to - this.from);
    }
  }

  /** Moves the cursor to a position, into the picture if it is outside. */
  move(at) {
    this.at = at;
    const length = this.to - this.from;
    if (this.u(at) < this.from || this.u(at + 1) > this.to) this.look(this.u(at) - length / 2, length);
    this.point();
    mark(boxOf(this.step.layer(at)));
  }

  leave() {
    this.at = this.pinned;
    this.point();
    mark(null);
  }

  pick() {
    const box = boxOf(this.step.layer(this.at));
    if (box) choose(box, "memory");
  }

  // ------------------------------------------------------------ what is alive at the cursor

  point() {
    const { step, at } = this;
    const x = this.x((this.u(at) + this.u(at + 1)) / 2), shown = x >= STEP.left && x <= this.width - STEP.right;
    for (const [name, value] of Object.entries({ x1: x, x2: x, y1: STEP.top - 4, y2: STEP.top + STEP.height })) this.line.setAttribute(name, value);
    this.line.toggleAttribute("hidden", !shown);
    const where = `${step.phase(at)} \u00b7 ${makerOf(step.layer(at))}`;
    const kinds = [...STACKED].reverse().filter((kind) => Number(step.sums[kind][at]));
    const [found, all] = step.biggest(at);
    this.now.replaceChildren(
      html("p", { class: "memory-where" }, html("b", { title: where }, at === step.peak ? `peak \u00b7 ${where}` : where), html("b", {}, bytes(step.total[at]))),
      html("ul", { class: "memory-kinds", "aria-label": "Bytes alive by category" }, ...kinds.map((kind) => this.amount(kind, at))),
      html("p", { class: "memory-more" }, found.length < all ? `the ${found.length} biggest of ${count(all)} tensors alive, by the layer that makes them` : "all tensors alive, by the layer that makes them"),
      html("ol", { class: "memory-tensors", "aria-label": "The biggest tensors alive" }, ...found.map((row) => this.tensor(row))),
    );
    this.slider.setAttribute("aria-valuenow", String(at + 1));
    this.slider.setAttribute("aria-valuetext", `${where}, ${bytes(step.total[at])} alive: ${kinds.map((kind) => `${KIND_WORDS[KINDS[kind]]} ${bytes(step.sums[kind][at])}`).join(", ")}`);
  }

  amount(kind, at) {
    const size = this.step.sums[kind][at], name = KINDS[kind];
    const words = name === "optimizer" ? `optimizer (${data.memory.optimizer})` : KIND_WORDS[name];
    return html("li", {}, html("i", { class: `memory-swatch memory-of-${name}`, "aria-hidden": "true" }), html("span", {}, words), html("b", { title: `${count(size)} bytes` }, bytes(size)));
  }

  tensor(row) {
    const { step } = this, box = boxOf(step.maker[row]), name = makerOf(step.maker[row]), kind = KINDS[step.kind[row]];
    const label = box ? marks(html("button", { type: "button", title: name, onclick: () => choose(box, "memory") }, name), box) : html("span", { title: name }, name);
    return html("li", {}, html("i", { class: `memory-swatch memory-of-${kind}`, "aria-hidden": "true" }), label, html("small", {}, kind), html("b", { title: `${count(step.bytes[row])} bytes` }, bytes(step.bytes[row])));
  }

  // ------------------------------------------------------------ what other views mark

  mark(box) {
    const shown = box && box.parent, { step } = this, parts = [], most = new Map();
    for (let at = 0; shown && at < step.count; at += 1) {
      if (!this.runs(box, at)) continue;
      const start = at;
      while (at + 1 < step.count && this.runs(box, at + 1) && step.phase(at + 1) === step.phase(start)) at += 1;
      const left = this.x(Math.max(this.u(start), this.from)), right = this.x(Math.min(this.u(at + 1), this.to));
      if (right > left) parts.push(`M${left} ${STEP.top}H${Math.max(right, left + 2)}V${STEP.top + STEP.height}H${left}z`);
      const high = step.total.slice(start, at + 1).reduce((one, other) => (other > one ? other : one));
      const phase = step.phase(start);
      if (!(most.get(phase) >= high)) most.set(phase, high);
    }
    this.band.setAttribute("d", parts.join(""));
    this.on(parts.length ? [this.band] : []);
    const words = [...most].map(([phase, size]) => `${bytes(size)} in ${phase}`).join(", ");
    this.say.textContent = words ? `${cut(box.title, 40)} runs with at most ${words}` : "\u00a0";
    this.say.title = words ? `${cut(box.title, 400)} runs with at most ${words}` : "";
  }

  runs(box, at) { const layer = this.step.marks[at]; return layer >= box.start && layer < box.stop; }
}

view("memory", (section) => {
  const place = section.querySelector(".memory-step");
  if (!place || !data.memory || !layers.length) return {};
  return new MemoryView(section, place);
});
