// What is marked, with its numbers in both modes and the arithmetic behind them.

view("inspector", (section) => {
  const place = section.querySelector(".inspector-layer");
  place.setAttribute("tabindex", "0");
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", "What is marked");
  if (!layers.length) { place.textContent = "The network has no layers."; return {}; }
  let shown = null;
  const show = (box) => {
    const next = box ?? boxes[0];
    if (next === shown) return;
    shown = next;
    place.replaceChildren(...inspected(next));
    place.scrollTop = 0;
  };
  show(marked);
  return { mark: show };
});

const INSPECTED = { shared: "shared", local: "locally connected", declared: "as declared" };
const SIGNS = { "*": "\u00b7", "-": "\u2212", "[": "\u230a", "]": "\u230b", "{": "\u2308", "}": "\u2309" };

/** A formula of the data with its true signs. */
const signed = (text) => text.replace(/[*\-[\]{}]/g, (sign) => SIGNS[sign]);
const inspectedText = (place) => (place < 0 ? "" : data.inspector.texts[place]);

/** Everything about a box. */
function* inspected(box) {
  const layer = box.parts.length ? null : layers[box.start], first = layer ?? firstOf(box);
  yield html("h3", { class: "inspector-name", title: box.title.length > 40 ? box.title : null }, cut(box.title || "the whole network", 200));
  const entry = first && data.inspector.entries[data.inspector.of[first.index]];
  const rule = entry ? inspectedText(entry[1]) : "";
  yield html("p", { class: "inspector-kind" }, box.parent ? kindOf(box) : plural(layers.length, "layer"));
  if (rule) yield html("p", { class: "page-note" }, rule);
  yield* countsOf(box);
  yield factsOf(box, layer);
  if (!first) return;
  if (!layer) yield html("p", { class: "inspector-of" }, "The arithmetic of ", linkTo(first.index));
  if (entry) yield* arithmeticOf(first, entry);
  else yield html("p", { class: "page-note" }, "Its formulas: ", html("code", {}, `analyzer explain FILE ${cut(first.name, 60)}`));
}

/** The layer whose arithmetic a box has: that of a layer with its `norm` and `act`, or of a run of such. */
function firstOf(box) {
  let one = box;
  while (one.times > 1) one = one.parts[0].chunk ? one.parts[0].parts[0] : one.parts[0];
  return one.expanded || !one.parts.length ? layers[one.start] : null;
}

// ---------------------------------------------------------------- numbers

/** The numbers of a box in each mode; of a run those of one and of all. */
function* countsOf(box) {
  const modes = data.network.modes, same = modes.every((mode) => ["weights", "biases"].every((one) => sum(`${mode}.${one}`, box.start, box.stop) === sum(`${modes[0]}.${one}`, box.start, box.stop)));
  const part = box.times > 1 ? (box.parts[0].chunk ? box.parts[0].parts[0] : box.parts[0]) : null;
  if (part) {
    for (const mode of same ? modes.slice(0, 1) : modes) {
      yield numbersOf([[part, mode, "each"], [box, mode, `all ${count(box.times)}`]], same ? "" : mode);
    }
  } else yield numbersOf((same ? modes.slice(0, 1) : modes).map((mode) => [box, mode, same ? "in both modes" : INSPECTED[mode]]), "");
}

function numbersOf(columns, caption) {
  const head = html("tr", {}, html("th", { scope: "col", class: caption && `inspector-${caption}` }, caption ? INSPECTED[caption] : ""),
    ...columns.map(([, mode, title]) => html("th", { scope: "col", class: caption || columns.length < 2 ? "n" : `n inspector-${mode}` }, title)));
  const row = (title, text) => html("tr", {}, html("th", { scope: "row" }, title), ...columns.map(([box, mode]) => html("td", { class: "n" }, text(box, mode))));
  const number = (name) => (box, mode) => count(sum(`${mode}.${name}`, box.start, box.stop));
  const has = (name) => columns.some(([box, mode]) => sum(`${mode}.${name}`, box.start, box.stop));
  const names = ["weights", "biases"].filter(has);
  return html("table", { class: "inspector-numbers" }, html("thead", {}, head), html("tbody", {},
    ...names.map((name) => row(name, number(name))),
    ...(names.length !== 1 ? [row("parameters", number("parameters"))] : []),
    ...(has("buffers") ? [row("buffers", number("buffers"))] : []),
    row("memory", (box, mode) => bytes(plus(sum(`${mode}.bytes`, box.start, box.stop), sum("activation", box.start, box.stop))))));
}

/** A count of MACs, of which a part may be unknown. */
function macsOf(box) {
  const macs = sum("macs", box.start, box.stop), known = count(macs);
  if (!atLeast(box)) return known;
  return macs ? `at least ${known}` : "unknown";
}

/** What is true in every mode. */
function factsOf(box, layer) {
  const found = [], macs = sum("macs", box.start, box.stop), last = layers[box.stop - 1], { frozen, tied, notes } = data.inspector;
  const add = (title, ...parts) => found.push(html("div", {}, html("dt", {}, title), html("dd", {}, ...parts)));
  const each = (text) => (box.times > 1 ? [text(box.parts[0].chunk ? box.parts[0].parts[0] : box.parts[0]), " each, ", text(box), " in all"] : [text(box)]);
  add("output", box.output, html("span", { class: "inspector-faint" }, ` \u00b7 ${bytes(layer ? layer.get("activation") : last.get("activation"))}`));
  add("MACs", ...each(macsOf), ...(macs && box.parent ? [html("span", { class: "inspector-faint" }, ` \u00b7 ${percent(macs, sum("macs"))} of all`)] : []));
  if (!layer) {
    add("layers", ...each((one) => count(one.layers)));
    add("activations", ...each((one) => bytes(sum("activation", one.start, one.stop))));
  }
  if (last.field[0]) add("receptive field", last.field[0] === "?" ? "unknown" : last.field[0]);
  const inside = new Set(Array.from({ length: box.layers }, (_, at) => box.start + at));
  const reads = [...new Set((layer ? [layer] : layers.slice(box.start, box.stop)).flatMap((one) => one.reads))].filter((index) => !inside.has(index));
  if (box.parent && reads.length) {
    const named = reads.filter((index) => index !== MORE).slice(0, 6).flatMap((index) => [linkTo(index), " "]);
    add("reads", ...named, reads.length > 6 || reads.includes(MORE) ? "\u2026" : "");
  }
  if (layer?.line) add("written", `in line ${count(layer.line)} of ${cut(data.network.file, 60)}`);
  const still = frozen.filter((index) => inside.has(index)).length;
  if (still) add("trained", layer ? "no: it is frozen" : `${count(still)} of its layers are frozen`);
  if (layer && layer.index in tied) add("tied", "it has the parameters of ", linkTo(tied[layer.index]));
  if (layer && layer.index in notes) add("note", notes[layer.index]);
  return html("dl", { class: "inspector-facts" }, ...found);
}

/** The name of a layer as a button that chooses it; of an input as text. */
function linkTo(index) {
  if (index < 0) return html("span", {}, cut(nameOf(index), 60));
  const { box } = layers[index];
  return html("button", { type: "button", class: "inspector-link", title: box.name.length > 34 ? box.name : null, onclick: () => choose(box, "inspector") }, cut(box.name, 34));
}

// ---------------------------------------------------------------- arithmetic

/** The steps of a layer in sections. */
function* arithmeticOf(layer, entry) {
  const sections = new Map();
  const add = (title, step) => { if (!sections.has(title)) sections.set(title, []); sections.get(title).push(step); };
  for (const step of stepsOf(entry)) add(["output", "macs", "memory"].includes(step.topic) ? step.topic : step.mode || "parameters", step);
  for (const [title, steps] of sections) yield sectionOf({ macs: "MACs", ...INSPECTED }[title] ?? title, `inspector-${title}`, joined(steps));
  yield keptOf(layer);
  yield fieldOf(layer);
}

function* stepsOf([shape, , known, values, words = {}, numbers = {}]) {
  const [names, steps] = data.inspector.shapes[shape];
  const letter = new Map(names.map((name, at) => [inspectedText(name), count(known[at])]));
  for (const [at, [topic, name, mode, axis, letters, sized]] of steps.entries()) {
    const formula = inspectedText(letters), alone = /^\w*$/.test(formula);
    yield {
      topic: inspectedText(topic), name: inspectedText(name), mode: inspectedText(mode), axis: inspectedText(axis),
      letters: signed(formula), sized: Boolean(sized), value: values[at] === null ? null : exactly(values[at]), words: inspectedText(words[at] ?? -1),
      numbers: signed(numbers[at] ?? (alone ? "" : formula.replace(/[A-Za-z_][A-Za-z_0-9]*/g, (one) => letter.get(one)))),
    };
  }
}

/** Steps that say the same of several axes are one. */
function joined(steps) {
  const found = [];
  for (const step of steps) {
    const before = found.at(-1);
    const one = { ...step, title: step.topic === "output" && step.axis ? step.axis : step.mode && step.topic === "memory" ? `${step.mode} ${step.name}` : step.name };
    if (before && step.axis && before.axis && before.numbers && before.numbers === one.numbers && before.value === one.value && before.words === one.words) before.title += `, ${one.title}`;
    else found.push(one);
  }
  return found;
}

function sectionOf(title, of, steps) {
  return html("section", { class: "inspector-section" }, html("h4", { class: of }, title), html("dl", {}, ...steps.map((step) => stepOf(step, title))));
}

/** One number: its name, its formula with the numbers, below that the letters and what the formula does not say. */
function stepOf(step, section) {
  const { value, numbers, letters, words } = step;
  const plain = value !== null && !(words && !value && !numbers && !letters);
  const taken = plain && !numbers && letters;
  const shown = plain ? (numbers || letters ? `${numbers || letters} = ` : "") + written(value, step.sized) : "";
  const title = step.title !== section ? step.title : section === "parameters" ? "in all" : "";
  return html("div", { class: "inspector-step" },
    html("dt", {}, ...namedLetter(title)),
    html("dd", {},
      shown ? html("code", {}, shown) : null,
      letters && !taken && letters !== numbers ? html("code", { class: "inspector-letters" }, letters) : null,
      words ? html("span", { class: "inspector-words" }, ...(Array.isArray(words) ? words : [words])) : null));
}

/** `H_out` with what is below it. */
function namedLetter(name) {
  const at = name.indexOf("_");
  return at > 0 && !name.includes(" ") ? [name.slice(0, at), html("sub", {}, name.slice(at + 1).replace(/_/g, " "))] : [name];
}

/** A value with its unit. */
function written(value, sized) {
  const text = (typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : count(value)).replace("-", SIGNS["-"]);
  if (!sized) return text;
  const people = bytes(value);
  return people.endsWith(" B") ? `${text} bytes` : `${text} bytes (${people})`;
}

/** What a layer keeps for the backward pass. */
function keptOf(layer) {
  const at = (away) => (away > 0 ? -away : layer.index + away);
  let all = 0, own = 0;
  const steps = data.inspector.kept[data.inspector.keeps[layer.index]].map(([name, letters, numbers, size, many, owner, first, seen]) => {
    const words = owner === null ? [] : owner > 0 ? [linkTo(at(owner)), " of the network, in memory anyway"] : ["the output of ", linkTo(at(owner)), seen ? ", of which its input is a view" : ""];
    const mine = first === 0 && !(owner > 0);
    if (mine) { for (let copy = 0; copy < many; copy += 1) all = plus(all, exactly(size)); own += 1; } else if (!(owner > 0)) words.push(first === owner ? ", counted there" : ", counted with ", first === owner ? "" : linkTo(at(first)));
    if (many > 1) words.unshift(`${count(many)} such tensors${words.length ? ", " : ""}`);
    return { title: inspectedText(name), value: mine ? exactly(size) : null, sized: true, numbers: mine ? signed(inspectedText(numbers)) : "", letters: mine ? signed(inspectedText(letters)) : "", words: words.length ? words : "" };
  });
  if (!steps.length) steps.push({ title: "nothing", value: null, numbers: "", letters: "", words: "" });
  else if (own !== 1 || steps.some((step) => step.words && String(step.words[0]).includes("such"))) steps.push({ title: "in all", value: all, sized: true, numbers: "", letters: "", words: "" });
  return sectionOf("kept for backward", "", steps);
}

/** How the receptive field follows from that of what the layer reads. */
function fieldOf(layer) {
  const { moves, field, r, j, start } = data.inspector;
  const [source, ...rest] = moves[field[layer.index]];
  const steps = [], names = ["r", "j", "start"], columns = { r, j, start };
  if (source === null) {
    for (const [name, axis, value, letters, numbers, words] of rest) {
      steps.push({ title: inspectedText(name), axis: inspectedText(axis), value, numbers: signed(inspectedText(numbers)), letters: signed(inspectedText(letters)), words: inspectedText(words) });
    }
    return sectionOf("receptive field", "", onAxes(steps));
  }
  const on = (numbers, axis) => (Array.isArray(numbers) ? numbers[axis] : numbers);
  const before = (name, axis) => (source > 0 ? { r: 1, j: 1, start: 0 }[name] : on(columns[name][layer.index + source], axis));
  const many = Math.max(...names.flatMap((name) => [columns[name][layer.index], source > 0 ? 0 : columns[name][layer.index + source]].map((one) => (Array.isArray(one) ? one.length : 1))), rest[0].length);
  for (let axis = 0; axis < many; axis += 1) {
    for (const [place, name] of names.entries()) {
      const [letters, numbers] = rest[0][Math.min(axis, rest[0].length - 1)][place];
      const filled = inspectedText(numbers).replace(/(start|r|j)_in/g, (_, one) => count(before(one, axis)));
      const value = on(columns[name][layer.index], axis);
      steps.push({ title: `${name}_out`, axis: String(axis), value, numbers: filled === String(value) || /^-?[\d,]+$/.test(filled) ? "" : signed(filled), letters: signed(inspectedText(letters)), words: "" });
    }
  }
  return sectionOf("receptive field", "", onAxes(steps));
}

/** The steps of a field once where all axes say the same. */
function onAxes(steps) {
  const axes = [...new Set(steps.map((step) => step.axis))], names = { 0: "first axis", 1: "second axis", 2: "third axis" };
  const said = axes.map((axis) => JSON.stringify(steps.filter((step) => step.axis === axis).map(({ title, value, numbers, words }) => [title, value, numbers, words])));
  if (axes.length < 2 || said.every((one) => one === said[0])) return steps.filter((step) => step.axis === axes[0]);
  return steps.map((step) => ({ ...step, words: [names[step.axis] ?? step.axis, step.words].filter(Boolean).join("; ") }));
}
