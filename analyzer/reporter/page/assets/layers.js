// The layers in their order, four tracks on one axis: volume, MACs, parameters, receptive field.

// The room of a letter in the names of blocks, in pixels: wide fonts too.
const LETTER = 7;

const TRACKS = { left: 74, right: 52, top: 18, height: 46, gap: 12 };

view("layers", (section) => {
  const place = section.querySelector(".layers-tracks");
  if (!layers.length) return {};
  const words = section.querySelector(".layers-words").textContent;
  const cursor = html("div", {
    class: "layers-cursor", tabindex: "0", role: "slider", "aria-label": "Layer", "aria-orientation": "horizontal",
    "aria-valuemin": "1", "aria-valuemax": String(layers.length), "aria-valuenow": "1", "aria-valuetext": spoken(0),
  });
  const band = svg("rect", { class: "layers-band", y: TRACKS.top, rx: 2 });
  const say = html("p", { class: "layers-say", "aria-hidden": "true" });
  const on = marker();
  let width = 0, at = 0, picture = null;

  const inner = () => width - TRACKS.left - TRACKS.right;
  const x = (index) => TRACKS.left + (index * inner()) / layers.length;

  function draw() {
    width = Math.max(place.clientWidth, 220);
    picture?.remove();
    picture = tracks(width, x, words);
    band.setAttribute("height", picture.getAttribute("height") - TRACKS.top);
    picture.prepend(band);
    cursor.prepend(picture);
    show(marked);
  }

  function show(box) {
    const shown = box && box.parent;
    on(shown ? [band] : []);
    if (!shown) { say.textContent = "\u00a0"; return; }
    band.setAttribute("x", x(box.start));
    band.setAttribute("width", Math.max(x(box.stop) - x(box.start), 2));
    say.textContent = `${cut(box.title, 60)} \u00b7 ${summaryOf(box)}`;
  }

  function move(index) {
    at = Math.max(0, Math.min(layers.length - 1, index));
    cursor.setAttribute("aria-valuenow", String(at + 1));
    cursor.setAttribute("aria-valuetext", spoken(at));
    mark(layers[at].box);
  }

  const under = (event) => {
    const left = event.clientX - place.getBoundingClientRect().left - TRACKS.left;
    return left < 0 || left > inner() ? -1 : Math.min(Math.floor((left * layers.length) / inner()), layers.length - 1);
  };
  cursor.addEventListener("pointermove", (event) => { const index = under(event); if (index < 0) mark(null); else move(index); });
  cursor.addEventListener("pointerleave", () => mark(null));
  cursor.addEventListener("click", (event) => { const index = under(event); if (index >= 0) choose(layers[index].box, "layers"); });
  cursor.addEventListener("focus", () => move(at));
  cursor.addEventListener("blur", () => mark(null));
  cursor.addEventListener("keydown", (event) => {
    const page = Math.max(Math.round(layers.length / 10), 1);
    const steps = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: layers.length - 1, PageUp: at + page, PageDown: at - page };
    if (event.key in steps) { event.preventDefault(); move(steps[event.key]); }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(layers[at].box, "layers"); }
  });
  place.append(cursor, say);
  draw();
  new ResizeObserver(() => { if (Math.max(place.clientWidth, 220) !== width) draw(); }).observe(place);
  return { mark: show, choose: (box) => { if (box) at = box.start; } };
});

/** A layer in words. */
function spoken(index) {
  const box = layers[index].box;
  return `${box.name}, ${box.kind}, ${summaryOf(box)}`;
}

/** What a box puts out and costs, in a line. */
function summaryOf(box) {
  const macs = sum("macs", box.start, box.stop), own = sum("shared.parameters", box.start, box.stop);
  const parts = [box.output];
  if (macs) parts.push(`${human(macs)} MACs (${percent(macs, sum("macs"))})`);
  if (own) parts.push(`${human(own)} parameters`);
  return parts.join(" \u00b7 ");
}

/** The picture: the names of blocks above, then the tracks. */
function tracks(width, x, words) {
  const bottom = TRACKS.top + 4 * (TRACKS.height + TRACKS.gap);
  const picture = svg("svg", { width, height: bottom, role: "img", "aria-label": `The layers in order: ${words}` });
  const y = (track) => TRACKS.top + track * (TRACKS.height + TRACKS.gap);
  const blocks = boxes[0].parts.flatMap((box) => (box.chunk ? box.parts : [box]));
  picture.append(...heads(blocks, x, width, bottom));
  picture.append(...volumes(y(0), x), ...costs(y(1), x, width), ...parametersOf(y(2), x, width), ...fieldsOf(y(3), x, width));
  for (const [track, [title, note]] of [["volume", "h\u00b7w, depth"], ["MACs", "linear"], ["parameters", "log scale"], ["receptive", "field, cells"]].entries()) {
    picture.append(svg("text", { class: "layers-name", x: 0, y: y(track) + 12 }, title), svg("text", { class: "layers-faint", x: 0, y: y(track) + 26 }, note));
  }
  return picture;
}

/** Lines where blocks begin, and their names where there is room. */
function heads(blocks, x, width, bottom) {
  const found = [];
  let free = 0;
  for (const box of blocks) {
    const from = x(box.start), room = x(box.stop) - from;
    if (room < 5) continue;
    found.push(svg("line", { class: "layers-line", x1: from, x2: from, y1: 4, y2: bottom - TRACKS.gap }));
    const letters = Math.floor((room - 4) / LETTER);
    if (from < free || letters < Math.min(box.label.length, 4)) continue;
    const head = svg("text", { class: "layers-faint", x: from + 3, y: 12 }, cut(box.label, letters));
    head.append(svg("title", {}, box.title));
    found.push(head);
    free = from + LETTER * Math.min(letters, box.label.length) + 8;
  }
  return found;
}

/** Bars for stretches of layers: `size(layer)` in pixels; where layers are narrower than a pixel the largest is drawn. */
function bars(x, top, height, size) {
  const parts = [];
  for (let index = 0; index < layers.length;) {
    const from = x(index);
    let most = 0, next = index;
    do { most = Math.max(most, size(layers[next])); next += 1; } while (next < layers.length && x(next + 1) - from < 1);
    const wide = x(next) - from;
    if (most > 0) parts.push(`M${round(from)} ${round(top + height)}v${round(-most)}h${round(Math.max(wide - (wide > 4 ? 1 : 0), 0.6))}v${round(most)}z`);
    index = next;
  }
  return parts.join("");
}

const round = (number) => Math.round(number * 10) / 10;

/** Volumes: the height is that of the picture, the tone its depth. */
function volumes(top, x) {
  const sizes = layers.map((layer) => sizesOf(layer.volume));
  const tall = sizes.map((one) => one.slice(0, -1).reduce((product, size) => product * size, 1) ** (1 / Math.max(one.length - 1, 1)));
  const deep = sizes.map((one) => Math.log2(one.at(-1) + 1));
  const most = Math.max(...tall.map((one) => one ** 0.5), 1), deepest = Math.max(...deep, 1);
  const tones = Array.from({ length: 6 }, () => []);
  for (let index = 0; index < layers.length;) {
    const from = x(index);
    let next = index + 1;
    while (next < layers.length && (x(next + 1) - from < 1 || layers[next].volume === layers[index].volume)) next += 1;
    const height = Math.max((tall[index] ** 0.5 / most) * TRACKS.height, 2);
    const tone = Math.min(Math.floor((deep[index] / deepest) * 6), 5);
    tones[tone].push(`M${round(from)} ${round(top + (TRACKS.height - height) / 2)}h${round(Math.max(x(next) - from - 0.4, 0.6))}v${round(height)}H${round(from)}z`);
    index = next;
  }
  return tones.map((parts, tone) => svg("path", { class: `layers-tone${tone}`, d: parts.join("") }));
}

/** MACs: bars in proportion. */
function costs(top, x, width) {
  const most = layers.reduce((found, layer) => Math.max(found, Number(layer.get("macs"))), 0);
  return [
    base(top, x),
    svg("path", { class: "layers-macs", d: bars(x, top, TRACKS.height, (layer) => (most ? (Number(layer.get("macs")) / most) * TRACKS.height : 0)) }),
    ...(most ? [scale(width, top + 9, human(most))] : []),
  ];
}

/** Parameters: shared over locally connected, on a log scale from 1 on. */
function parametersOf(top, x, width) {
  const log = (number) => Math.log10(Number(number) + 1);
  const most = layers.reduce((found, layer) => Math.max(found, log(layer.get("local.parameters")), log(layer.get("shared.parameters"))), 0);
  const high = (mode) => (layer) => (most ? (log(layer.get(`${mode}.parameters`)) / most) * TRACKS.height : 0);
  const marks = [3, 6, 9, 12].filter((power) => power < most - 0.4);
  return [
    base(top, x),
    ...marks.map((power) => svg("line", { class: "layers-line", x1: TRACKS.left, x2: width - TRACKS.right, y1: level(power), y2: level(power) })),
    svg("path", { class: "layers-local", d: bars(x, top, TRACKS.height, high("local")) }),
    svg("path", { class: "layers-shared", d: bars(x, top, TRACKS.height, high("shared")) }),
    ...marks.slice(-2).map((power) => scale(width, level(power) + 4, human(10 ** power).replace(/\.0+/, ""))),
  ];
  function level(power) { return top + TRACKS.height * (1 - power / most); }
}

/** The receptive field on the first axis against the input, a line. */
function fieldsOf(top, x, width) {
  const input = sizesOf(data.network.inputs[0][1])[0], many = sizesOf(data.network.inputs[0][1]).length > 1;
  const cells = layers.map((layer) => layer.field[1]);
  const most = Math.max(...reach(cells), many ? input : 1, 1);
  const level = (number) => round(top + TRACKS.height * (1 - number / most));
  const points = [];
  let pen = "M";
  for (let index = 0; index < layers.length; index += 1) {
    if (!cells[index]) { pen = "M"; continue; }
    points.push(`${pen}${round(x(index))} ${level(cells[index])}H${round(x(index + 1))}`);
    pen = "L";
  }
  const last = cells.findLast((number) => number > 0);
  return [
    base(top, x),
    ...(many ? [svg("line", { class: "layers-dashed", x1: TRACKS.left, x2: width - TRACKS.right, y1: level(input), y2: level(input) }), scale(width, level(input) + 4, String(input))] : []),
    svg("path", { class: "layers-field", d: points.join("") }),
    ...(last && Math.abs(level(last) - level(input)) > 11 ? [scale(width, level(last) + 4, count(last))] : []),
    ...(many ? [svg("text", { class: "layers-faint", x: TRACKS.left + 3, y: level(input) > top + 12 ? level(input) - 3 : level(input) + 12 }, "the input")] : []),
  ];
}

const reach = (numbers) => [numbers.reduce((one, other) => Math.max(one, other), 0)];
const base = (top, x) => svg("line", { class: "layers-base", x1: x(0), x2: x(layers.length), y1: top + TRACKS.height, y2: top + TRACKS.height });
const scale = (width, y, text) => svg("text", { class: "layers-faint", x: width - TRACKS.right + 5, y }, text);
