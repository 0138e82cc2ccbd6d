// Sizes for the graph: of what is open, the place of every box and the way of every edge (`stacking.py` does this for
// pictures). Placements come with the data.

/** Pixels. `narrow` to `wide`: the width of a closed box, as the view has room; `most`: boxes that may be drawn. */
const GRAPH = {
  narrow: 128, wide: 184, height: 48, pill: 26, space: 14, half: 4, slot: 4.5, track: 8, label: 16, bare: 5, arrow: 13,
  stub: 17, head: 27, pad: 11, letter: 6.5, most: 1500,
};

/** About how wide a text is, in the widest of common fonts. */
const graphLong = (text) => [...text].reduce((sum, letter) => sum + (letter === TIMES ? 8.6 : GRAPH.letter), 0);

const graphArranged = (() => {
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

// The inside of an open box, its upper left corner at (0, 0): the place and size of each item, the way of each edge.
// Items are the boxes in it, for the whole network also its inputs and outputs.
function stacked(box, open, width) {
  const { place, nodes, more } = scopeOf(box), root = !box.parent;
  const { rows, columns, axis, tracks, sources, targets, starts, ends, bends } = place;
  const inputs = root ? data.network.inputs.length : 0;
  const items = rows.map((row, item) => ({
    row, column: columns[item], part: box.parts[item] ?? null, first: 0, last: 0, into: 0, labels: [], stub: null,
    input: item - box.parts.length, output: item >= box.parts.length + inputs,
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
  for (const [item, out, into, names] of more) items[item].stub = { out, into, names: names.map((node) => nameOf(box.start + node)) };
  for (const item of items) sized(item, open, width);

  const left = new Array(place.lanes).fill(GRAPH.half), right = left.slice(), high = new Array(tracks.length - 1).fill(0);
  for (const item of items) {
    left[item.column] = Math.max(left[item.column], item.left, item.before);
    right[item.column] = Math.max(right[item.column], item.right, item.after);
    high[item.row] = Math.max(high[item.row], item.height);
  }
  let end = 0;
  const x = left.map((room, column) => { const at = end + (column ? GRAPH.space : 0) + room; end = at + right[column]; return at; });

  const labelled = tracks.map((_, gap) => gap === 0 && !root && sources.some((source) => source < 0));
  for (const item of items) if (item.labels.length || item.stub?.out) labelled[item.row + 1] = true;
  const stubbed = tracks.map((_, gap) => items.some((item) => item.row === gap && item.stub?.into));
  let y = 0;
  const gaps = tracks.map((count, gap) => {
    const found = { top: y, label: labelled[gap] ? GRAPH.label : gap || !root ? GRAPH.bare : 0 };
    const last = gap === tracks.length - 1;
    y += found.label + count * GRAPH.track + (stubbed[gap] ? GRAPH.stub : last || (root && !gap) ? GRAPH.bare : GRAPH.arrow);
    found.row = y;
    y += high[gap] ?? 0;
    return found;
  });
  for (const item of items) { item.x = x[item.column]; item.y = gaps[item.row].row; }

  const across = (gap, track) => gaps[gap].top + gaps[gap].label + (track + 0.5) * GRAPH.track;
  const edges = sources.map((source, edge) => {
    const from = items[source], to = items[targets[edge]], turns = bends[edge];
    const goal = (to ? to.x : x[axis]) + ends[edge] * GRAPH.slot, falls = [], levels = [];
    let at = (from ? from.x : x[axis]) + starts[edge] * GRAPH.slot, row = from ? from.row + 1 : 0, top = from ? from.y + from.height : 0;
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
    const long = falls.some((fall) => fall.stop > fall.first);
    return { source: from ?? null, target: to ?? null, node: nodes[edge], points, falls, levels, long };
  });
  return { box, items, edges, gaps, high, width: end, height: y, axis: x[axis] ?? 0 };
}

/** The size of an item on both sides of its axis, and the room that lines and labels below it need. */
function sized(item, open, width) {
  const { part } = item;
  const half = Math.max(width / 2, (Math.max(item.last, -item.first) + 2) * GRAPH.slot);
  item.left = item.right = part ? half : Math.max(half * 0.62, 46);
  item.height = part ? GRAPH.height : GRAPH.pill;
  if (part && open.has(part.id) && part.parts.length) {
    const inner = item.inner = stacked(part, open, width);
    item.left = Math.max(inner.axis + GRAPH.pad, half * 0.9);
    item.right = Math.max(inner.width - inner.axis + GRAPH.pad, half * 0.9);
    item.height = GRAPH.head + inner.height;
  }
  if (item.labels.length > 1) item.labels.sort((one, other) => one.slot - other.slot);
  const texts = item.labels.map((label) => volumeOf(label.node));
  const two = item.labels.length === 2 && !item.stub?.out;
  item.words = two ? [texts[0], texts[1]] : [item.stub?.out ? `+${count(item.stub.out)} more` : "", texts.join(" \u00b7 ")];
  item.before = item.words[0] ? 7 - (item.first - 2) * GRAPH.slot + graphLong(item.words[0]) : 0;
  item.after = item.words[1] ? -2 + item.last * GRAPH.slot + graphLong(item.words[1]) : 0;
  if (item.stub?.into) item.after = Math.max(item.after, (item.into + 2) * GRAPH.slot + 6 + graphLong(`+${count(item.stub.into)} more`));
}

/** Everything that is open as flat lists: what is shown, frames, edges, in pixels of the canvas. */
function arranged(open, width) {
  const inner = stacked(boxes[0], open, width);
  const size = { width: inner.width + 20, height: inner.height + 8, axis: inner.axis + 10, closed: width };
  const drawn = { ...size, shown: [], at: new Map(), scopes: [], frames: [], edges: new Map() };
  spread(inner, 10, 2, 0, drawn);
  return drawn;
}

function spread(scope, x, y, depth, drawn) {
  drawn.scopes.push({ ...scope, x, y });
  for (const item of scope.items) {
    const { part, inner } = item;
    if (!part) continue;
    const left = x + item.x - item.left, top = y + item.y, wide = item.left + item.right;
    const spot = { box: part, x: left, y: top, width: wide, height: inner ? GRAPH.head : item.height, open: Boolean(inner), scope, item };
    drawn.shown.push(spot);
    drawn.at.set(part.id, spot);
    if (!inner) continue;
    drawn.frames.push({ box: part, x: left, y: top, width: wide, height: item.height, depth });
    spread(inner, x + item.x - inner.axis, top + GRAPH.head, depth + 1, drawn);
  }
}

return arranged;
})();
