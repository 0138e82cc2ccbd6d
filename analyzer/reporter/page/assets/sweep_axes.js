// The axes of the scatter of a sweep: where a value is, ticks, titles, and the lines of limits. The scales and their
// ticks come with the data; here they get a size.

const PLOT = { right: 18, below: 44, above: 26, line: 15, size: 12, letter: 7.6 };
const ARROWS = { x: ["\u2190", "", "\u2192"], y: ["\u2193", "", "\u2191"] };

/** How wide a short text is at most. */
const sweepWide = (words) => words.length * PLOT.letter;

/** What is on an axis, with the scale that is shown. */
class SweepAxis {
  constructor(measure, which, only) {
    this.measure = measure;
    this.which = which;
    this.scale = (only && measure.scales[1]) || measure.scales[0];
    this.lines = measure.lines.filter(([value]) => this.shows(value));
    this.from = 0;
    this.to = 1;
  }
  spread(value) { return this.scale.log ? Math.log10(Number(value)) : Number(value); }
  shows(value) { return Number(value) >= Number(this.scale.low) && Number(value) <= Number(this.scale.high); }
  /** Where a value is, in pixels. */
  at(value) {
    const low = this.spread(this.scale.low), high = this.spread(this.scale.high);
    return this.from + ((this.spread(value) - low) / (high - low)) * (this.to - this.from);
  }
  get title() {
    const { better, title } = this.measure;
    return better ? `${ARROWS[this.which][better + 1]} ${title} \u00b7 ${better < 0 ? "less" : "more"} is better` : title;
  }
}

/** Gives both axes their places in a picture of this size. */
function sweepPlaced(x, y, width, height) {
  y.most = Math.max(8, Math.floor(width / 4 / PLOT.letter));
  x.from = Math.max(0, ...y.scale.ticks.map(([, words]) => sweepWide(cut(words, y.most)))) + 10;
  x.to = width - PLOT.right;
  y.from = height - PLOT.below;
  y.to = PLOT.above + PLOT.line * x.lines.length;
}

/** A place with a decimal. */
const sweepAt = (value) => Math.round(value * 10) / 10;

/** What is behind the points: the wash beyond limits, the grid, ticks and titles. */
function sweepFrame(x, y, width, height) {
  const found = [], left = x.from, right = x.to, top = y.to, bottom = y.from;
  const wash = (x1, y1, x2, y2) => found.push(svg("rect", { class: "sweep-beyond", x: sweepAt(x1), y: sweepAt(y1), width: sweepAt(x2 - x1), height: sweepAt(y2 - y1) }));
  const word = (name, words, attributes) => found.push(svg("text", { class: `sweep-${name}`, ...attributes }, words));
  const grid = (d) => found.push(svg("path", { class: "sweep-grid", d }));
  for (const [value, most] of x.lines) wash(most ? x.at(value) : left, top, most ? right : x.at(value), bottom);
  for (const [value, most] of y.lines) wash(left, most ? top : y.at(value), right, most ? y.at(value) : bottom);
  let free = -1;
  for (const [value, words] of x.scale.ticks) {
    const at = x.at(value), half = sweepWide(words) / 2;
    grid(`M${sweepAt(at)} ${sweepAt(top)}V${sweepAt(bottom)}`);
    if (at - half <= free || at + half >= width) continue;
    word("axis", words, { x: sweepAt(at), y: sweepAt(bottom + PLOT.line + 2), "text-anchor": "middle" });
    free = at + half + 6;
  }
  for (const [value, words] of y.scale.ticks) {
    const at = y.at(value);
    grid(`M${sweepAt(left)} ${sweepAt(at)}H${sweepAt(right)}`);
    word("axis", cut(words, y.most), { x: sweepAt(left - 6), y: sweepAt(at + 4), "text-anchor": "end" });
  }
  found.push(svg("path", { class: "sweep-edge", d: `M${sweepAt(left)} ${sweepAt(top)}V${sweepAt(bottom)}H${sweepAt(right)}` }));
  word("title", cut(x.title, Math.floor((right - left) / PLOT.letter)), { x: sweepAt(right), y: sweepAt(height - 6), "text-anchor": "end" });
  word("title", cut(y.title, Math.floor(width / PLOT.letter)), { x: 0, y: PLOT.size });
  return found;
}

/** What is over the points: the lines of the limits with their values. */
function sweepLimits(x, y, width) {
  const found = [], top = y.to, bottom = y.from;
  const line = (d) => found.push(svg("path", { class: "sweep-limit", d }));
  const word = (words, attributes) => found.push(svg("text", { class: "sweep-words", ...attributes }, words));
  for (const [number, [value, most, words]] of x.lines.entries()) {
    const at = x.at(value), base = PLOT.above + PLOT.line * number, wide = sweepWide(words);
    const after = most ? at + wide + 4 < width : at - wide < 0;
    line(`M${sweepAt(at)} ${base - 8}V${sweepAt(bottom)}`);
    word(words, { x: sweepAt(at + (after ? 4 : -4)), y: base + 2, "text-anchor": after ? "start" : "end" });
  }
  for (const [value, most, words] of y.lines) {
    const at = y.at(value), below = at > top + PLOT.line && at < bottom - PLOT.line ? !most : at <= top + PLOT.line;
    line(`M${sweepAt(x.from)} ${sweepAt(at)}H${sweepAt(x.to)}`);
    word(words, { x: sweepAt(x.to - 4), y: sweepAt(at + (below ? PLOT.size + 2 : -5)), "text-anchor": "end" });
  }
  return found;
}

/** The line of the front: beyond it everything is worse in both; empty where x and y are not both goals. */
function sweepStairs(x, y, places) {
  const [across, up] = [x.measure.better, y.measure.better];
  if (!across || !up || x.measure === y.measure || !places.length) return "";
  const best = places.map((one) => [-across * one.x, up * one.y, one]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let path = "", before = null;
  for (const [, height, one] of best) {
    if (before === null) path = `M${sweepAt(one.x)} ${sweepAt(up < 0 ? y.to : y.from)}V${sweepAt(one.y)}`;
    else if (height < before) path += `H${sweepAt(one.x)}V${sweepAt(one.y)}`;
    else continue;
    before = height;
  }
  return `${path}H${sweepAt(across < 0 ? x.to : x.from)}`;
}
