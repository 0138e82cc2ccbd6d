// The bytes alive through a training step by category, and what they are at one operation of it.
// An operation is a position: those of forward, backward and step are counted together. Where there are more of them
// than pixels, a pixel shows the most and the least of its positions, so that no peak is lost.

const KINDS = ["parameters", "buffers", "gradients", "optimizer", "saved", "transient", "input", "libraries"];
const KIND_WORDS = {
  parameters: "parameters", buffers: "buffers", gradients: "gradients of parameters", optimizer: "optimizer",
  saved: "saved for backward", transient: "transient", input: "input and targets",
  libraries: "libraries",
};
// From the bottom of the picture up: first what stays for the whole step.
const STACKED = [0, 1, 3, 6, 7, 2, 4, 5];
const PHASES = ["forward", "backward", "step"];
const STEP = { left: 66, right: 10, top: 24, height: 190, bottom: 20, biggest: 6 };

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

const makerOf = (layer) => ["loss", "cuBLAS"][layer - layers.length] ?? nameOf(layer);
const boxOf = (layer) => (layer >= 0 && layer < layers.length ? layers[layer].box : null);
