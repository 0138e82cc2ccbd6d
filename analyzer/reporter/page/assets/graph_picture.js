// The picture under the boxes of the graph: frames of open blocks, edges, ports, volumes, inputs and outputs.

const graphPictured = (() => {
function pictured(drawn) {
  const scene = svg("svg", { class: "graph-picture", width: drawn.width, height: drawn.height, role: "img", "aria-label": inWords(drawn) });
  for (const { box, x, y, width, height, depth } of drawn.frames) {
    const name = `graph-frame${depth % 2 ? " graph-odd" : ""}`;
    const frame = svg("rect", { class: name, x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 9 });
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
      const key = `${at ? "out" : "in"} ${edge.node}`, [x, y] = edge.points[at];
      const span = spans.get(key) ?? { low: x, high: x, y, node: edge.node, out: at > 0 };
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
  const letters = Math.floor(room / GRAPH.letter), words = svg("text", { class: name, x, y, "text-anchor": anchor });
  if (text.length <= letters) { words.textContent = text; return words; }
  if (letters < 3) return svg("g");
  words.textContent = `\u2026${text.slice(text.length - letters + 1)}`;
  words.append(svg("title", {}, text));
  return words;
}

/** The volumes: below the box that puts them out, and beside each edge that passes boxes. */
function worded(scope, drawn) {
  const found = [];
  const add = (text, parts) => {
    text.classList.add("graph-volume");
    for (const part of parts) noted(drawn, part, text);
    found.push(text);
  };
  for (const item of scope.items) {
    const y = item.y + item.height + 11;
    const first = item.x + (item.first - (item.stub?.out ? 2 : 0)) * GRAPH.slot;
    if (item.words[0]) add(svg("text", { x: first - 6, y, "text-anchor": "end" }, item.words[0]), [item.part]);
    if (item.words[1]) add(svg("text", { x: item.x + item.last * GRAPH.slot + 6, y }, item.words[1]), [item.part]);
  }
  const taken = scope.high.map(() => []);
  for (const { row, x, left, right, before, after } of scope.items) {
    taken[row].push([x - Math.max(left, before) - 1, x + Math.max(right + 1, after + 9)]);
  }
  for (const { x, first, stop } of scope.edges.flatMap((edge) => edge.falls)) {
    for (let row = first; row < stop; row += 1) taken[row].push([x - 1, x + 1]);
  }
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
  const words = volumeOf(edge.node), wide = graphLong(words);
  const rows = edge.falls.flatMap(({ x, first, stop }) => Array.from({ length: stop - first }, (_, at) => [first + at, x]));
  const off = (at) => Math.abs(at - (rows.length - 1) / 2);
  const order = [...rows.keys()].sort((one, other) => off(one) - off(other)).map((at) => rows[at]);
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
      const y = scope.gaps[row].row - GRAPH.arrow + 1 + Math.min(room, 400) / 2;
      return svg("text", { transform: `translate(${at + 2} ${y}) rotate(90)`, "text-anchor": "middle" }, words);
    }
  }
  return null;
}

/** The room along an edge that passes rows, from the arrow heads above the first to the labels below the last. */
const tall = ({ gaps, high }, row, stop) => gaps[stop].row + high[stop] - gaps[row].row + GRAPH.arrow + (gaps[stop + 1]?.label ?? 0);

/** Whether a line turns in this gap where a word would be that runs along an edge. */
function crossed({ edges }, gap, at) {
  const meets = (level) => level.gap === gap && level.low < at + 12 && level.high > at - 1;
  return edges.some(({ levels }) => levels.some(meets));
}

/** Short ends for the edges that are too many to draw. */
function stubs(scope) {
  return scope.items.filter((item) => item.stub).flatMap((item) => {
    const found = [], { out, into, names } = item.stub;
    if (into) {
      const x = item.x + (item.into + 2) * GRAPH.slot;
      const words = svg("text", { class: "graph-volume", x: x + 6, y: item.y - 4 }, `+${count(into)} more`);
      words.append(svg("title", {}, `also reads ${names.join(", ")}${names.length < into ? " \u2026" : ""}`));
      found.push(svg("path", { class: "graph-stub", d: `M${x} ${item.y - 14}V${item.y - 1}` }), words);
    }
    if (out) {
      const x = item.x + (item.first - 2) * GRAPH.slot;
      found.push(svg("path", { class: "graph-stub", d: `M${x} ${item.y + item.height + 1}v12` }));
    }
    return found;
  });
}

/** The inputs and outputs of the network. */
function pills(scope) {
  return scope.items.filter((item) => !item.part).flatMap((item) => {
    const name = item.output ? "output" : nameOf(-1 - item.input);
    const wide = item.left + item.right, high = item.height, letters = Math.floor((wide - 16) / 7);
    const text = svg("text", { class: "graph-end", x: item.x, y: item.y + 17, "text-anchor": "middle" }, cut(name, letters));
    if (name.length > letters) text.append(svg("title", {}, name));
    const x = item.x - item.left;
    return [svg("rect", { class: "graph-pill", x, y: item.y + 0.5, width: wide, height: high - 1, rx: high / 2 }), text];
  });
}

return pictured;
})();
