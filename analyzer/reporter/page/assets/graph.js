// The network as a graph: boxes over a picture of their edges. Which row, column and track each has comes with the data
// (`columns` of graph.py); here sizes are stacked, and boxes fold and open. Only what is open is in the document.

{
/** Pixels. `narrow` to `wide`: the width of a closed box, as the view has room; `most`: boxes that may be drawn. */
const SIZE = {
  narrow: 128, wide: 184, height: 48, pill: 26, space: 14, half: 4, slot: 4.5, track: 8, label: 16, bare: 5, arrow: 13,
  stub: 17, head: 27, pad: 11, letter: 6.5, most: 1500,
};
const METRICS = [["macs", "MACs"], ["shared.parameters", "parameters"], ["activation", "activations"]];

view("graph", (section) => {
  const place = section.querySelector(".graph-place");
  const open = new Set(data.graph.open), elements = new Map(), lit = marker();
  const canvas = html("div", { class: "graph-canvas" });
  const scroller = html("div", { class: "graph-scroll", role: "group", "aria-label": place.dataset.label }, canvas);
  let metric = "macs", current = null, picture = null, drawn = null;

  const fold = html("button", { type: "button", class: "page-button", title: "Fold all blocks", onclick: () => { open.clear(); open.add(0); draw(); } }, "fold");
  const unfold = html("button", { type: "button", class: "page-button", title: "Open all blocks that are shown folded", onclick: deeper }, "unfold 1");
  section.querySelector(".page-head").append(
    segments("Tint of the boxes", METRICS, metric, (value) => { metric = value; tint(); }), fold, unfold,
  );
  place.append(scroller);

  /** Stacks and draws what is open. Elements stay those of their boxes, so that the focus stays too. */
  function draw(kept = null) {
    const before = kept && elements.get(kept.id)?.getBoundingClientRect();
    const width = Math.floor(Math.min(Math.max((scroller.clientWidth - 32 - 4 * SIZE.pad - SIZE.space - 22) / 2, SIZE.narrow), SIZE.wide));
    drawn = arranged(open, width);
    const scene = pictured(drawn);
    if (picture) scene.classList.add("graph-new");
    canvas.style.width = `${drawn.width}px`;
    canvas.style.height = `${drawn.height}px`;
    settle(picture !== null);
    if (picture) picture.replaceWith(scene); else canvas.prepend(scene);
    picture = scene;
    fold.disabled = open.size < 2;
    unfold.disabled = !closed().length || drawn.shown.length > SIZE.most;
    tint();
    entitle();
    aim(current && drawn.at.has(current.id) ? current : nearest(current));
    if (before) {
      const after = elements.get(kept.id).getBoundingClientRect();
      scroller.scrollTop += after.top - before.top;
      scroller.scrollLeft += after.left - before.left;
    }
    show(marked);
  }

  /** An element for each box that is shown, in the order of the network. */
  function settle(again) {
    for (const [id, element] of elements) {
      if (!drawn.at.has(id)) { element.remove(); elements.delete(id); }
    }
    let last = null;
    for (const spot of drawn.shown) {
      let element = elements.get(spot.box.id);
      if (!element) {
        element = boxed(spot.box);
        if (again) element.classList.add("graph-new");
        elements.set(spot.box.id, element);
        if (last) last.after(element); else canvas.insertBefore(element, picture?.nextSibling ?? null);
      }
      const { style } = element;
      style.left = `${spot.x}px`; style.top = `${spot.y}px`; style.width = `${spot.width}px`; style.height = `${spot.height}px`;
      element.classList.toggle("graph-open", spot.open);
      if (spot.box.parts.length) element.setAttribute("aria-expanded", String(spot.open));
      last = element;
    }
  }

  /** Colour and words for the share of each box in what is counted. */
  function tint() {
    const whole = sum(metric), [, words] = METRICS.find(([name]) => name === metric);
    for (const { box } of drawn.shown) {
      const part = sum(metric, box.start, box.stop), element = elements.get(box.id);
      const share = Number(whole) ? Number(part) / Number(whole) : 0;
      element.style.setProperty("--graph-share", `${Math.round(44 * Math.sqrt(share))}%`);
      const said = Number(part) ? percent(part, whole) : "";
      element.querySelector(".graph-share").textContent = said;
      const letters = 7.4 * box.label.length + 6.8 * said.length + (box.parts.length ? 12 : 0) + (box.times > 1 ? 22 : 0);
      element.classList.toggle("graph-long", letters + 54 > drawn.closed);
      const parts = [box.title, box.kind, `output ${box.output}`, `${percent(part, whole)} of ${words}`];
      if (box.layers > 1) parts.push(plural(box.layers, "layer"));
      element.setAttribute("aria-label", parts.map((text) => cut(text, 200)).join(", "));
    }
    canvas.dataset.metric = metric.replace("shared.", "");
  }

  /** Gives every text that is cut a title with the whole. */
  function entitle() {
    const texts = [...canvas.querySelectorAll(".graph-name, .graph-kind")];
    const cuts = texts.map((text) => text.scrollWidth > text.clientWidth);
    texts.forEach((text, at) => { if (cuts[at]) text.title = text.textContent; else text.removeAttribute("title"); });
  }

  const closed = () => drawn.shown.filter((spot) => spot.box.parts.length && !spot.open).map((spot) => spot.box);
  function deeper() {
    let room = SIZE.most - drawn.shown.length;
    for (const box of closed()) {
      if (box.parts.length > room) break;
      room -= box.parts.length;
      open.add(box.id);
    }
    draw();
  }

  /** The innermost shown box that holds this one. */
  function nearest(box) {
    for (let at = box; at && at.parent; at = at.parent) if (drawn.at.has(at.id)) return at;
    return drawn.shown[0]?.box ?? null;
  }

  /** The one box that Tab enters. */
  function aim(box) {
    const had = current && elements.get(current.id);
    if (had) had.tabIndex = -1;
    current = box;
    if (box) elements.get(box.id).tabIndex = 0;
  }

  function toggle(box) {
    if (!open.delete(box.id)) open.add(box.id);
    draw(box);
  }

  function act(box) {
    aim(box);
    if (box.parts.length) toggle(box);
    choose(box, "graph");
  }

  function reveal(box) {
    const spot = drawn.at.get(box.id), room = 24;
    const { clientWidth, clientHeight } = scroller;
    const left = spot.x + canvas.offsetLeft, top = spot.y + canvas.offsetTop;
    if (top - room < scroller.scrollTop || top + Math.min(spot.height, clientHeight) + room > scroller.scrollTop + clientHeight) {
      scroller.scrollTop = top - Math.max((clientHeight - spot.height) / 3, room);
    }
    if (left - 4 < scroller.scrollLeft || left + Math.min(spot.width, clientWidth) + 4 > scroller.scrollLeft + clientWidth) {
      scroller.scrollLeft = left - Math.max((clientWidth - spot.width) / 2, 4);
    }
  }

  function show(box) {
    const at = box && box.parent ? nearest(box) : null;
    lit(at && (at === box || at.contains(box)) ? [elements.get(at.id), ...(drawn.edges.get(at.id) ?? [])] : []);
  }

  const boxOf = (event) => { const found = event.target.closest("[data-box]"); return found && boxes[found.dataset.box]; };
  canvas.addEventListener("pointerover", (event) => mark(boxOf(event)));
  canvas.addEventListener("pointerleave", () => mark(null));
  canvas.addEventListener("focusin", (event) => { const box = boxOf(event); if (box) { aim(box); mark(box); } });
  canvas.addEventListener("focusout", () => mark(null));
  canvas.addEventListener("click", (event) => { const box = boxOf(event); if (box) act(box); });
  canvas.addEventListener("keydown", (event) => {
    const box = boxOf(event);
    if (!box || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(box); return; }
    const next = beside(drawn, box, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (next) { elements.get(next.id).focus({ preventScroll: true }); reveal(next); }
  });

  /** A wide picture is printed smaller. */
  addEventListener("beforeprint", () => { canvas.style.zoom = String(Math.min(1, 680 / drawn.width)); });
  addEventListener("afterprint", () => { canvas.style.zoom = ""; });

  draw();
  const middle = () => { scroller.scrollLeft = Math.max(drawn.axis - scroller.clientWidth / 2, 0); };
  middle();
  let seen = scroller.clientWidth;
  new ResizeObserver(() => { if (scroller.clientWidth !== seen) { seen = scroller.clientWidth; draw(); middle(); } }).observe(scroller);

  return {
    mark: show,
    choose(box, from) {
      if (!box || !box.parent || from === "graph") return;
      const path = box.path.filter((one) => !open.has(one.id));
      for (const one of path) open.add(one.id);
      aim(nearest(box));
      if (path.length) draw();
      aim(box);
      reveal(box);
    },
  };
});

/** The element of a box: glyph, name, kind, share. */
function boxed(box) {
  const element = html("div", {
    class: `graph-box${box.parts.length ? " graph-block" : ""}${box.times > 1 ? " graph-stack" : ""}`,
    role: "button", tabindex: "-1", "data-box": box.id,
  });
  element.append(
    html("span", { class: "graph-glyph" }, glyph(box.output)),
    html("span", { class: "graph-name" }, cut(box.label, 300) + (box.times > 1 ? ` ${TIMES}${count(box.times)}` : "")),
    html("span", { class: "graph-kind" }, cut(box.kind, 300)),
    html("span", { class: "graph-share" }),
  );
  return element;
}

/** A volume in its proportions, both logarithms: height is the spatial size, width the depth. A vector is a bar. */
function glyph(volume) {
  const sizes = sizesOf(volume), depth = sizes.at(-1), spatial = sizes.slice(0, -1);
  const scale = (number, most) => Math.max(2, Math.min(most, (most * Math.log2(1 + number)) / 11));
  const wide = scale(depth, 20), mark = html("i", {});
  if (!spatial.length) {
    mark.className = "graph-vector";
    mark.style.width = "4px";
    mark.style.height = `${scale(depth, 28)}px`;
    return mark;
  }
  const cells = spatial.reduce((one, other) => one * other, 1) ** (1 / spatial.length);
  mark.className = spatial.length === 1 ? "graph-tokens" : spatial.length > 2 ? "graph-deep" : "";
  mark.style.width = `${wide}px`;
  mark.style.height = `${spatial.length === 1 ? scale(cells, 28) : 2 + scale(cells, 28)}px`;
  return mark;
}

// ---------------------------------------------------------------- stacking

/** The scope of an open box: its placement, of each edge the layer whose volume runs along it, and its stubs. */
function scopeOf(box) {
  const [place, nodes, stubs] = data.graph.scopes[data.graph.scope[scopeNumber(box)]];
  return { place: data.graph.places[place], nodes: nodes.map((node) => box.start + node), more: stubs };
}

let numbers = null;
function scopeNumber(box) {
  if (!numbers) { numbers = new Map(); for (const one of boxes) if (one.parts.length || !one.parent) numbers.set(one.id, numbers.size); }
  return numbers.get(box.id);
}

/** About how wide a text is, in the widest of common fonts. */
const long = (text) => [...text].reduce((sum, letter) => sum + (letter === TIMES ? 8.6 : SIZE.letter), 0);

// The inside of an open box, its upper left corner at (0, 0): the place and size of each item, the way of each edge.
// Items are the boxes in it, for the whole network also its inputs and outputs.
function stacked(box, open, width) {
  const { place, nodes, more } = scopeOf(box), root = !box.parent;
  const { rows, columns, axis, tracks, sources, targets, starts, ends, bends } = place;
  const inputs = root ? data.network.inputs.length : 0;
  const items = rows.map((row, item) => ({
    row, column: columns[item], part: box.parts[item] ?? null, first: 0, last: 0, into: 0, labels: [], stub: null,
    port: item < box.parts.length ? null : item - box.parts.length < inputs ? -1 - (item - box.parts.length) : data.network.outputs[item - box.parts.length - inputs],
    output: item >= box.parts.length + inputs,
  }));
  sources.forEach((source, edge) => {
    const from = items[source], to = items[targets[edge]], node = nodes[edge];
    if (from) {
      from.first = Math.min(from.first, starts[edge]);
      from.last = Math.max(from.last, starts[edge]);
      if (to && !from.labels.some((label) => label.node === node)) from.labels.push({ node, slot: starts[edge] });
    }
    if (to) to.into = Math.max(to.into, ends[edge]);
  });
  for (const [item, out, into, names] of more) items[item].stub = { out, into, names: names.map((node) => nameOf(node < 0 ? node : box.start + node)) };
  for (const item of items) sized(item, open, width);

  const left = new Array(place.lanes).fill(SIZE.half), right = left.slice(), high = new Array(tracks.length - 1).fill(0);
  for (const item of items) {
    left[item.column] = Math.max(left[item.column], item.left, item.before);
    right[item.column] = Math.max(right[item.column], item.right, item.after);
    high[item.row] = Math.max(high[item.row], item.height);
  }
  let end = 0;
  const x = left.map((room, column) => { const at = end + (column ? SIZE.space : 0) + room; end = at + right[column]; return at; });

  const labelled = tracks.map((_, gap) => (gap ? items.some((item) => item.row === gap - 1 && (item.labels.length || item.stub?.out)) : !root && sources.some((source) => source < 0)));
  const stubbed = tracks.map((_, gap) => items.some((item) => item.row === gap && item.stub?.into));
  let y = 0;
  const gaps = tracks.map((count, gap) => {
    const found = { top: y, label: labelled[gap] ? SIZE.label : gap || !root ? SIZE.bare : 0 };
    const last = gap === tracks.length - 1;
    y += found.label + count * SIZE.track + (stubbed[gap] ? SIZE.stub : last || (root && !gap) ? SIZE.bare : SIZE.arrow);
    found.row = y;
    y += high[gap] ?? 0;
    return found;
  });
  for (const item of items) { item.x = x[item.column]; item.y = gaps[item.row].row; }

  const across = (gap, track) => gaps[gap].top + gaps[gap].label + (track + 0.5) * SIZE.track;
  const edges = sources.map((source, edge) => {
    const from = items[source], to = items[targets[edge]], turns = bends[edge];
    const goal = (to ? to.x : x[axis]) + ends[edge] * SIZE.slot, falls = [], levels = [];
    let at = (from ? from.x : x[axis]) + starts[edge] * SIZE.slot, row = from ? from.row + 1 : 0, top = from ? from.y + from.height : 0;
    const points = [[at, top]];
    for (let turn = 0; turn < turns.length; turn += 3) {
      const level = across(turns[turn], turns[turn + 1]);
      falls.push({ x: at, first: row, stop: turns[turn] });
      points.push([at, level]);
      const before = at;
      at = turn + 3 < turns.length ? x[turns[turn + 2]] : goal;
      levels.push({ gap: turns[turn], low: Math.min(before, at), high: Math.max(before, at) });
      points.push([at, level]);
      row = turns[turn];
    }
    const stop = to ? to.row : tracks.length - 1;
    falls.push({ x: at, first: row, stop });
    points.push([at, to ? to.y : y]);
    return { source: from ?? null, target: to ?? null, node: nodes[edge], points, falls, levels, long: falls.some((fall) => fall.stop > fall.first) };
  });
  return { box, items, edges, gaps, high, width: end, height: y, axis: x[axis] ?? 0 };
}

/** The size of an item on both sides of its axis, and the room that lines and labels below it need. */
function sized(item, open, width) {
  const { part } = item;
  const half = Math.max(width / 2, (Math.max(item.last, -item.first) + 2) * SIZE.slot);
  item.left = item.right = part ? half : Math.max(half * 0.62, 46);
  item.height = part ? SIZE.height : SIZE.pill;
  if (part && open.has(part.id) && part.parts.length) {
    const inner = item.inner = stacked(part, open, width);
    item.left = Math.max(inner.axis + SIZE.pad, half * 0.9);
    item.right = Math.max(inner.width - inner.axis + SIZE.pad, half * 0.9);
    item.height = SIZE.head + inner.height;
  }
  if (item.labels.length > 1) item.labels.sort((one, other) => one.slot - other.slot);
  const texts = item.labels.map((label) => volumeOf(label.node));
  const two = item.labels.length === 2 && !item.stub?.out;
  item.words = two ? [texts[0], texts[1]] : [item.stub?.out ? `+${count(item.stub.out)} more` : "", texts.join(" \u00b7 ")];
  item.before = item.words[0] ? 7 - (item.first - 2) * SIZE.slot + long(item.words[0]) : 0;
  item.after = item.words[1] ? -2 + item.last * SIZE.slot + long(item.words[1]) : 0;
  if (item.stub?.into) item.after = Math.max(item.after, (item.into + 2) * SIZE.slot + 6 + long(`+${count(item.stub.into)} more`));
}

/** Everything that is open as flat lists: what is shown, frames, edges, in pixels of the canvas. */
function arranged(open, width) {
  const inner = stacked(boxes[0], open, width);
  const drawn = { shown: [], at: new Map(), scopes: [], frames: [], width: inner.width + 20, height: inner.height + 8, axis: inner.axis + 10, edges: new Map(), closed: width };
  spread(inner, 10, 2, 0, drawn);
  return drawn;
}

function spread(scope, x, y, depth, drawn) {
  drawn.scopes.push({ ...scope, x, y });
  for (const item of scope.items) {
    const { part, inner } = item;
    if (!part) continue;
    const left = x + item.x - item.left, top = y + item.y, wide = item.left + item.right;
    const spot = { box: part, x: left, y: top, width: wide, height: inner ? SIZE.head : item.height, open: Boolean(inner), scope, item };
    drawn.shown.push(spot);
    drawn.at.set(part.id, spot);
    if (!inner) continue;
    drawn.frames.push({ box: part, x: left, y: top, width: wide, height: item.height, depth });
    spread(inner, x + item.x - inner.axis, top + SIZE.head, depth + 1, drawn);
  }
}

// ---------------------------------------------------------------- the picture under the boxes

function pictured(drawn) {
  const scene = svg("svg", { class: "graph-picture", width: drawn.width, height: drawn.height, role: "img", "aria-label": inWords(drawn) });
  for (const { box, x, y, width, height, depth } of drawn.frames) {
    const frame = svg("rect", { class: `graph-frame${depth % 2 ? " graph-odd" : ""}`, x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 9 });
    noted(drawn, box, frame);
    scene.append(frame);
  }
  for (const scope of drawn.scopes) {
    const layer = svg("g", { transform: `translate(${scope.x} ${scope.y})` });
    layer.append(...lined(scope, drawn), ...ported(scope, drawn), ...worded(scope, drawn), ...stubs(scope), ...pills(scope));
    scene.append(layer);
  }
  return scene;
}

/** The edges in words. */
function inWords({ scopes }) {
  const edges = scopes.flatMap((scope) => scope.edges), skips = edges.filter((edge) => edge.long).length;
  return `${plural(edges.length, "edge")} between the boxes${skips ? `, ${plural(skips, "skip")} past others` : ""}`;
}

function noted(drawn, box, element) {
  if (!box) return;
  if (!drawn.edges.has(box.id)) drawn.edges.set(box.id, []);
  drawn.edges.get(box.id).push(element);
}

/** The edges with rounded bends and a tip. */
function lined(scope, drawn) {
  return scope.edges.map((edge) => {
    const [tx, ty] = edge.points.at(-1), d = rounded(edge.target ? [...edge.points.slice(0, -1), [tx, ty - 5]] : edge.points);
    const line = svg("g", { class: `graph-edge${edge.long ? " graph-skip" : ""}` }, svg("path", { d }));
    if (edge.target) line.append(svg("path", { class: "graph-tip", d: `M${tx} ${ty - 0.5}l-3.6 -7h7.2z` }));
    noted(drawn, edge.source?.part, line);
    noted(drawn, edge.target?.part, line);
    edge.line = line;
    return line;
  });
}

function rounded(points) {
  let d = `M${points[0].join(" ")}`;
  for (let at = 1; at < points.length - 1; at += 1) {
    const [[ax, ay], [bx, by], [cx, cy]] = [points[at - 1], points[at], points[at + 1]];
    const one = Math.abs(bx - ax) + Math.abs(by - ay), other = Math.abs(cx - bx) + Math.abs(cy - by), radius = Math.min(7, one / 2, other / 2);
    const step = (from, to) => Math.sign(to - from) * radius;
    d += `L${bx - step(ax, bx)} ${by - step(ay, by)}Q${bx} ${by} ${bx + step(bx, cx)} ${by + step(by, cy)}`;
  }
  return `${d}L${points.at(-1).join(" ")}`;
}

/** The ports of an open block: bars where volumes enter and leave, and the names of where those come from. */
function ported(scope) {
  if (!scope.box.parent) return [];
  const found = [], spans = new Map();
  for (const edge of scope.edges) {
    for (const [inside, at] of [[edge.source, 0], [edge.target, edge.points.length - 1]]) {
      if (inside) continue;
      const key = `${at ? "out" : "in"} ${edge.node}`, [x, y] = edge.points[at], span = spans.get(key) ?? { low: x, high: x, y, node: edge.node, out: at > 0 };
      spans.set(key, { ...span, low: Math.min(span.low, x), high: Math.max(span.high, x) });
    }
  }
  const ports = [...spans.values()];
  for (const port of ports) {
    const bar = svg("rect", { class: "graph-port", x: port.low - 3, y: port.y - 3, width: port.high - port.low + 6, height: 6, rx: 3 });
    bar.append(svg("title", {}, `${port.out ? "leaves" : "enters"}: ${nameOf(port.node)}, ${volumeOf(port.node)}`));
    found.push(bar);
  }
  const into = ports.filter((port) => !port.out).sort((one, other) => one.low - other.low);
  if (!into.length) return found;
  const names = into.map((port) => nameOf(port.node));
  const said = names.length === 2 ? names : ["", names.join(" \u00b7 ")];
  const spots = [[into[0].low - 7, "end", into[0].low - 4], [into.at(-1).high + 7, "start", scope.width - into.at(-1).high - 4]];
  spots.forEach(([x, anchor, room], at) => { if (said[at]) found.push(fitted(said[at], x, 11, room, `graph-from`, anchor)); });
  return found;
}

/** A text in the room that it has, the whole in its title. */
function fitted(text, x, y, room, name, anchor = "start") {
  const letters = Math.floor(room / SIZE.letter), words = svg("text", { class: name, x, y, "text-anchor": anchor });
  if (text.length <= letters) { words.textContent = text; return words; }
  if (letters < 3) return svg("g");
  words.textContent = `\u2026${text.slice(text.length - letters + 1)}`;
  words.append(svg("title", {}, text));
  return words;
}

/** The volumes: below the box that puts them out, and beside each edge that passes boxes. */
function worded(scope, drawn) {
  const found = [];
  const add = (text, boxed, name = "graph-volume") => { text.classList.add(name); for (const part of boxed) noted(drawn, part, text); found.push(text); };
  for (const item of scope.items) {
    const y = item.y + item.height + 11;
    if (item.words[0]) add(svg("text", { x: item.x + (item.first - (item.stub?.out ? 2 : 0)) * SIZE.slot - 6, y, "text-anchor": "end" }, item.words[0]), [item.part]);
    if (item.words[1]) add(svg("text", { x: item.x + item.last * SIZE.slot + 6, y }, item.words[1]), [item.part]);
  }
  const taken = scope.high.map(() => []);
  for (const item of scope.items) taken[item.row].push([item.x - Math.max(item.left, item.before) - 1, item.x + Math.max(item.right + 1, item.after + 9)]);
  for (const edge of scope.edges) for (const fall of edge.falls) for (let row = fall.first; row < fall.stop; row += 1) taken[row].push([fall.x - 1, fall.x + 1]);
  for (const edge of scope.edges.filter((one) => one.long && !told(one))) {
    const text = alongside(edge, scope, taken);
    if (text) add(text, [edge.source?.part, edge.target?.part]);
  }
  return found;
}

/** Whether the words below its source are beside it already. */
const told = ({ source, falls: [first] }) => source && source.labels.length === 1 && first.stop > first.first;

/** A volume beside an edge that passes rows: level where there is room, otherwise along it. */
function alongside(edge, scope, taken) {
  const words = volumeOf(edge.node), wide = long(words);
  const rows = edge.falls.flatMap(({ x, first, stop }) => Array.from({ length: stop - first }, (_, at) => [first + at, x]));
  const middle = (rows.length - 1) / 2, order = [...rows.keys()].sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle)).map((at) => rows[at]);
  const free = (row, from, to) => from >= -2 && to <= scope.width + 9 && taken[row].every(([low, high]) => to <= low || from >= high);
  for (const [row, x] of order) {
    if (!free(row, x + 3, x + 6 + wide)) continue;
    taken[row].push([x + 3, x + 6 + wide]);
    return svg("text", { x: x + 5, y: scope.gaps[row].row + Math.min(scope.high[row] / 2, 200) + 4 }, words);
  }
  for (const [row, x] of order) {
    const stop = wide <= tall(scope, row, row) ? row : row + 1;
    if (stop > row && !order.some(([next, there]) => next === stop && there === x)) continue;
    const room = tall(scope, row, stop);
    if (wide > room) continue;
    for (const at of [x + 2, x - 13]) {
      if (!free(row, at, at + 11) || !free(stop, at, at + 11) || (stop > row && crossed(scope, stop, at))) continue;
      taken[row].push([at, at + 11]);
      if (stop > row) taken[stop].push([at, at + 11]);
      const y = scope.gaps[row].row - SIZE.arrow + 1 + Math.min(room, 400) / 2;
      return svg("text", { transform: `translate(${at + 2} ${y}) rotate(90)`, "text-anchor": "middle" }, words);
    }
  }
  return null;
}

/** The room along an edge that passes rows, from the arrow heads above the first to the labels below the last. */
const tall = ({ gaps, high }, row, stop) => gaps[stop].row + high[stop] - gaps[row].row + SIZE.arrow + (gaps[stop + 1]?.label ?? 0);

/** Whether a line turns in this gap where a word would be that runs along an edge. */
const crossed = ({ edges }, gap, at) => edges.some(({ levels }) => levels.some((level) => level.gap === gap && level.low < at + 12 && level.high > at - 1));

/** Short ends for the edges that are too many to draw. */
function stubs(scope) {
  return scope.items.filter((item) => item.stub).flatMap((item) => {
    const found = [], { out, into, names } = item.stub;
    if (into) {
      const x = item.x + (item.into + 2) * SIZE.slot, words = svg("text", { class: "graph-volume", x: x + 6, y: item.y - 4 }, `+${count(into)} more`);
      words.append(svg("title", {}, `also reads ${names.join(", ")}${names.length < into ? " \u2026" : ""}`));
      found.push(svg("path", { class: "graph-stub", d: `M${x} ${item.y - 14}V${item.y - 1}` }), words);
    }
    if (out) {
      const x = item.x + (item.first - 2) * SIZE.slot;
      found.push(svg("path", { class: "graph-stub", d: `M${x} ${item.y + item.height + 1}v12` }));
    }
    return found;
  });
}

/** The inputs and outputs of the network. */
function pills(scope) {
  return scope.items.filter((item) => !item.part).flatMap((item) => {
    const name = item.output ? "output" : nameOf(item.port);
    const room = item.left + item.right - 16, letters = Math.floor(room / 6.4), text = svg("text", { class: "graph-end", x: item.x, y: item.y + 17, "text-anchor": "middle" }, cut(name, letters));
    if (name.length > letters) text.append(svg("title", {}, name));
    return [svg("rect", { class: "graph-pill", x: item.x - item.left, y: item.y + 0.5, width: item.left + item.right, height: item.height - 1, rx: item.height / 2 }), text];
  });
}

// ---------------------------------------------------------------- arrow keys

/** The box that an arrow key leads to; null for none, undefined for another key. */
function beside(drawn, box, key) {
  const spot = drawn.at.get(box.id), order = drawn.shown;
  if (key === "Home") return order[0].box;
  if (key === "End") return order.at(-1).box;
  if (key === "ArrowDown") return spot.open ? order[order.indexOf(spot) + 1]?.box ?? null : below(drawn, spot) ?? order[order.indexOf(spot) + 1]?.box ?? null;
  if (key === "ArrowUp") return above(drawn, spot) ?? order[order.indexOf(spot) - 1]?.box ?? null;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  const side = key === "ArrowLeft" ? -1 : 1, middle = (one) => one.x + one.width / 2;
  const there = order.filter((one) => one !== spot && (middle(one) - middle(spot)) * side > 1 && one.y < spot.y + spot.height && one.y + one.height > spot.y);
  there.sort((one, other) => Math.abs(middle(one) - middle(spot)) - Math.abs(middle(other) - middle(spot)));
  return there[0]?.box ?? null;
}

/** The first box that reads this one; behind the last box of a block those that read the block. */
function below(drawn, { scope, item }) {
  const found = scope.edges.filter((edge) => edge.source === item);
  const into = found.filter((edge) => edge.target?.part).sort((one, other) => one.target.y - other.target.y || one.target.x - other.target.x);
  if (into.length) return into[0].target.part;
  const around = drawn.at.get(scope.box.id);
  return around ? below(drawn, around) : null;
}

/** The last box that this one reads; at the upper border of a block the block. */
function above(drawn, { scope, item }) {
  const from = scope.edges.filter((edge) => edge.target === item).map((edge) => edge.source);
  let best = null;
  for (const source of from) if (source?.part && (!best || source.y > best.y)) best = source;
  if (!best) return scope.box.parent ? scope.box : null;
  let part = best.part;
  for (let spot = drawn.at.get(part.id); spot.open; spot = drawn.at.get(part.id)) part = part.parts.at(-1);
  return part;
}
}
