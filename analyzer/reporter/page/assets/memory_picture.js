// The picture of a training step: what is alive as areas above each other, the peak, and the capacity of the device.

/** Draws the stretch from `from` to `to` of the step `step` into `slider`. One operation is 1 long, see `u`. */
class MemoryPicture {
  room() { return Math.max(this.place.clientWidth, 220); }
  u(at) { return at <= this.before ? at : this.before + (at - this.before) * this.wide; }
  position(u) {
    const at = u < this.before ? u : this.before + (u - this.before) / this.wide;
    return Math.max(0, Math.min(this.step.count - 1, Math.floor(at)));
  }
  x(u) { return STEP.left + ((u - this.from) * this.inner) / (this.to - this.from); }
  get inner() { return this.width - STEP.left - STEP.right; }
  get zoomed() { return this.to - this.from < this.end; }

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
}
