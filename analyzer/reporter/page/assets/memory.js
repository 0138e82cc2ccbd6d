// The bytes alive through a training step by category, and what they are at one operation of it.
// An operation is a position: those of forward, backward and step are counted together. Where there are more of them
// than pixels, a pixel shows the most and the least of its positions, so that no peak is lost.

const KINDS = ["parameters", "buffers", "gradients", "optimizer", "saved", "transient", "input"];
const KIND_WORDS = {
  parameters: "parameters", buffers: "buffers", gradients: "gradients of parameters", optimizer: "optimizer",
  saved: "saved for backward", transient: "transient", input: "input and targets",
};
// From the bottom of the picture up: first what stays for the whole step.
const STACKED = [0, 1, 3, 6, 2, 4, 5];
const PHASES = ["forward", "backward", "step"];
const STEP = { left: 66, right: 10, top: 24, height: 190, bottom: 20, biggest: 6 };
const MOTION = { wider: 0.5, wheel: 0.0022, least: 8 };

/** A step of one mode: its operations, its tensors, and how many bytes of each category are alive. */
class TrainingStep {
  constructor(mode) {
    const own = data.memory.modes[mode], shape = own.born ? own : data.memory;
    this.title = data.memory.titles[Object.keys(data.memory.modes).indexOf(mode)];
    this.phases = shape.phases;
    this.marks = [...running(shape.marks), ...own.step];
    this.count = this.marks.length;
    this.readTensors(shape, sizesOfMode(own));
    this.addUp();
  }

  readTensors(shape, sizes) {
    const whole = running(shape.whole.layer), born = running(shape.born), before = this.count - this.phases[2];
    let maker = 0;
    this.bytes = sizes;
    this.kind = [...shape.whole.kind + shape.kind].map(Number);
    this.born = [...whole.map(() => 0), ...born];
    this.died = [...whole.map(() => this.count - 1), ...born.map((from, row) => from + shape.lasts[row])];
    this.maker = [...whole, ...born.map((from, row) => (maker = shape.maker[row] + (from < before ? this.marks[from] : maker)))];
  }

  /** Sums by category at every position: plain numbers where they are exact, otherwise BigInt. */
  addUp() {
    const small = this.bytes.reduce((total, size) => total + Number(size), 0) < Number.MAX_SAFE_INTEGER;
    const exact = small ? Number : BigInt;
    this.sums = KINDS.map(() => Array(this.count + 1).fill(exact(0)));
    for (const [row, size] of this.bytes.entries()) {
      const sums = this.sums[this.kind[row]];
      sums[this.born[row]] += exact(size);
      sums[this.died[row] + 1] -= exact(size);
    }
    for (const sums of this.sums) for (let at = 1; at < this.count; at += 1) sums[at] += sums[at - 1];
    this.total = Array.from({ length: this.count }, (_, at) => this.sums.reduce((total, sums) => total + sums[at], exact(0)));
    this.peak = this.total.reduce((best, size, at) => (size > this.total[best] ? at : best), 0);
  }

  phase(at) { return PHASES[at < this.phases[0] ? 0 : at < this.count - this.phases[2] ? 1 : 2]; }
  layer(at) { return this.marks[at]; }

  /** The tensors alive at a position, the biggest first, and how many there are in all. */
  biggest(at) {
    const found = [];
    let all = 0;
    for (let row = 0; row < this.bytes.length; row += 1) {
      if (this.born[row] > at || this.died[row] < at) continue;
      all += 1;
      if (found.length === STEP.biggest && this.bytes[row] <= this.bytes[found.at(-1)]) continue;
      found.push(row);
      found.sort((one, other) => (this.bytes[one] < this.bytes[other] ? 1 : this.bytes[one] > this.bytes[other] ? -1 : one - other));
      found.length = Math.min(found.length, STEP.biggest);
    }
    return [found, all];
  }
}

/** The numbers of which only the differences are written. */
function running(steps) {
  let at = 0;
  return steps.map((step) => (at += step));
}

/** The bytes of all tensors of a mode: its own, or those of the first mode with its own in some places. */
function sizesOfMode(own) {
  const sizes = data.memory.sizes.map(exactly);
  const places = own.at ? [...Object.values(data.memory.modes)[0].sizes] : own.sizes;
  if (own.at) for (const [row, at] of running(own.at).entries()) places[at] = own.sizes[row];
  return places.map((place) => sizes[place]);
}

const makerOf = (layer) => (layer === layers.length ? "loss" : nameOf(layer));
const boxOf = (layer) => (layer >= 0 && layer < layers.length ? layers[layer].box : null);

view("memory", (section) => {
  const place = section.querySelector(".memory-step");
  if (!place || !data.memory || !layers.length) return {};
  return new MemoryView(section, place);
});

class MemoryView {
  constructor(section, place) {
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

  // ------------------------------------------------------------ where a position is

  room() { return Math.max(this.place.clientWidth, 220); }
  u(at) { return at <= this.before ? at : this.before + (at - this.before) * this.wide; }
  position(u) {
    const at = u < this.before ? u : this.before + (u - this.before) / this.wide;
    return Math.max(0, Math.min(this.step.count - 1, Math.floor(at)));
  }
  x(u) { return STEP.left + ((u - this.from) * this.inner) / (this.to - this.from); }
  get inner() { return this.width - STEP.left - STEP.right; }
  get zoomed() { return this.to - this.from < this.end; }

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

  // ------------------------------------------------------------ the picture

  draw() {
    this.width = this.room();
    this.picture?.remove();
    const { step } = this, height = STEP.top + STEP.height + STEP.bottom + (this.zoomed ? 10 : 0);
    this.most = Number(step.total[step.peak]) || 1;
    const capacity = data.memory.device ? Number(data.memory.device[1]) : 0;
    this.scale = capacity > this.most && capacity <= 2.5 * this.most ? capacity * 1.04 : this.most * (capacity > this.most ? 1.12 : 1);
    this.picture = svg("svg", {
      width: this.width, height, viewBox: `0 0 ${this.width} ${height}`, role: "img",
      "aria-label": `Bytes alive through a training step, ${step.title}: peak ${bytes(step.total[step.peak])} in ${step.phase(step.peak)} at ${makerOf(step.layer(step.peak))}`,
    });
    this.picture.append(...this.grid(), ...this.areas(), this.band, ...this.stretches(), ...this.limit(), this.line, ...this.summit(), ...this.strip(height));
    this.slider.prepend(this.picture);
    this.fitted();
    this.out.disabled = this.all.disabled = !this.zoomed;
    this.closer.disabled = this.to - this.from <= Math.min(MOTION.least, this.end);
    this.point();
    this.mark(marked);
  }

  y(size) { return STEP.top + STEP.height * (1 - Number(size) / this.scale); }

  /** Levels that are powers of two, so that their labels are short. */
  grid() {
    const each = 2 ** Math.ceil(Math.log2(Math.max(this.scale / 5, 1))), found = [];
    for (let level = 0; level <= this.scale; level += each) {
      found.push(
        svg("line", { class: "memory-level", x1: STEP.left, x2: this.width - STEP.right, y1: this.y(level), y2: this.y(level) }),
        svg("text", { class: "memory-faint", x: STEP.left - 6, y: this.y(level) + 4, "text-anchor": "end" }, bytes(level)),
      );
    }
    return found;
  }

  /** What is drawn side by side: [position, where it begins], at most two for each pixel. */
  columns() {
    const first = this.position(this.from), last = this.position(this.to - 1e-6), { total } = this.step, found = [];
    for (let at = first; at <= last;) {
      const left = Math.max(this.x(this.u(at)), STEP.left);
      let next = at + 1, high = at, low = at;
      for (; next <= last && this.x(this.u(next + 1)) - left < 1; next += 1) {
        if (total[next] > total[high]) high = next;
        if (total[next] < total[low]) low = next;
      }
      if (high === low) found.push([at, left]);
      else found.push([Math.min(high, low), left], [Math.max(high, low), (left + this.x(this.u(next))) / 2]);
      at = next;
    }
    return [found, Math.min(this.x(this.u(last + 1)), this.width - STEP.right)];
  }

  areas() {
    const [columns, right] = this.columns();
    let floor = columns.map(() => 0);
    return STACKED.flatMap((kind) => {
      const sums = this.step.sums[kind], roof = columns.map(([at], place) => floor[place] + Number(sums[at]));
      if (roof.every((size, place) => size === floor[place])) return [];
      const edge = (sizes, place) => Math.round(this.y(sizes[place]) * 10) / 10;
      const left = (place) => (place < columns.length ? Math.round(columns[place][1] * 10) / 10 : Math.round(right * 10) / 10);
      let path = `M${left(0)} ${edge(roof, 0)}`;
      for (let place = 0; place < columns.length; place += 1) path += `V${edge(roof, place)}H${left(place + 1)}`;
      for (let place = columns.length - 1; place >= 0; place -= 1) path += `V${edge(floor, place)}H${left(place)}`;
      floor = roof;
      return [svg("path", { class: `memory-${KINDS[kind]}`, d: `${path}z` })];
    });
  }

  /** Names of the phases, and lines between them. */
  stretches() {
    const found = [], base = STEP.top + STEP.height;
    let start = 0;
    for (const [number, count] of this.step.phases.entries()) {
      const from = this.u(start), to = this.u(start + count);
      start += count;
      if (!count || to <= this.from || from >= this.to) continue;
      const left = this.x(Math.max(from, this.from)), right = this.x(Math.min(to, this.to));
      if (from > this.from) found.push(svg("line", { class: "memory-between", x1: left, x2: left, y1: STEP.top, y2: base + 5 }));
      const room = right - left, wide = 6 * PHASES[number].length;
      if (room > wide) found.push(svg("text", { class: "memory-faint", x: (left + right) / 2, y: base + 15, "text-anchor": "middle" }, PHASES[number]));
      else if (number === 2) found.push(svg("text", { class: "memory-faint", x: right, y: base + 15, "text-anchor": "end" }, PHASES[number]));
    }
    return found;
  }

  /** The capacity of the device: where it is, or at the upper edge where it is far above all that is alive. */
  limit() {
    if (!data.memory.device) return [];
    const [name, given] = data.memory.device, capacity = Number(given), inside = capacity <= this.scale;
    const y = inside ? this.y(capacity) : STEP.top - 4;
    const size = bytes(exactly(given)), same = size.replace(/[ ]|\.0/g, "") === name.replace(/[ ]/g, "");
    const words = `${same ? "device" : cut(name, 24)} ${size}${inside ? "" : `, ${(capacity / this.most).toFixed(1)} ${TIMES} the peak`}`;
    return [
      svg("line", { class: "memory-limit", x1: STEP.left, x2: this.width - STEP.right, y1: y, y2: y }, svg("title", {}, words)),
      svg("text", { class: "memory-limit-words", x: this.width - STEP.right - 2, y: y + 16 > STEP.top + STEP.height ? y - 5 : y + 12, "text-anchor": "end" }, words),
    ];
  }

  /** The peak: a ring and words; an arrow where it is outside of the picture. */
  summit() {
    const { step } = this, at = step.peak, middle = (this.u(at) + this.u(at + 1)) / 2;
    const words = `peak ${bytes(step.total[at])} \u00b7 ${step.phase(at)} \u00b7 ${makerOf(step.layer(at))}`;
    const outside = middle < this.from ? -1 : middle > this.to ? 1 : 0;
    const x = Math.max(STEP.left, Math.min(this.x(middle), this.width - STEP.right));
    const text = outside < 0 ? `\u2190 ${words}` : outside > 0 ? `${words} \u2192` : words;
    const label = svg("text", { class: "memory-peak", x, y: 12, "text-anchor": "middle" }, text);
    this.fitted = () => this.fit(label, text, words, x);
    if (outside) return [label];
    return [svg("circle", { class: "memory-ring", cx: x, cy: this.y(step.total[at]), r: 4.5 }), label];
  }

  /** Puts a label into the picture, cut where it is too long; only a drawn text knows how wide it is. */
  fit(label, text, title, x) {
    let wide = label.getComputedTextLength();
    const room = this.width - 4;
    if (wide > room) {
      label.textContent = cut(text, Math.max(Math.floor((text.length * room) / wide) - 1, 2));
      wide = label.getComputedTextLength();
    }
    label.setAttribute("x", Math.max(wide / 2 + 2, Math.min(x, this.width - wide / 2 - 2)));
    label.append(svg("title", {}, title));
  }

  /** Which part of the step is shown. */
  strip(height) {
    if (!this.zoomed) return [];
    const share = this.inner / this.end, y = height - 6;
    return [
      svg("rect", { class: "memory-strip", x: STEP.left, y, width: this.inner, height: 4, rx: 2 }),
      svg("rect", { class: "memory-thumb", x: STEP.left + this.from * share, y, width: Math.max((this.to - this.from) * share, 4), height: 4, rx: 2 }),
    ];
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
