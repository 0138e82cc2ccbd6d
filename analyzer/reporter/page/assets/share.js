// Where the MACs and the parameters are: two icicles, a row a level, the same blocks in the same colour in both.

const SHARE = { left: 78, row: 24, levels: 5, gap: 14, colours: 20 };

view("share", (section) => {
  const place = section.querySelector(".share-icicles");
  const kinds = [["macs", "MACs"], ["shared.parameters", "parameters"]].filter(([metric]) => layers.length && Number(sum(metric)) > 0);
  if (!kinds.length) return {};
  const words = section.querySelector(".share-words").textContent, colours = shareColours(kinds.map(([metric]) => metric)), on = marker();
  let width = 0, cells = [], active = 0;

  function draw() {
    width = Math.max(place.clientWidth, 240);
    const focused = place.contains(document.activeElement);
    cells = kinds.flatMap(([metric, noun], which) => icicle(metric, noun, which));
    const up = reach(cells.filter((one) => !one.which).map((one) => one.level)), down = kinds.length > 1 ? reach(cells.filter((one) => one.which).map((one) => one.level)) : [0];
    const middle = up[0] * SHARE.row, height = middle + (kinds.length > 1 ? SHARE.gap + down[0] * SHARE.row : 0);
    const picture = svg("svg", { class: "share-picture", width, height: height + 2, role: "group", "aria-label": words });
    for (const one of cells) {
      one.y = one.which ? middle + SHARE.gap + (one.level - 1) * SHARE.row : middle - one.level * SHARE.row;
      one.element = cellOf(one);
      picture.append(one.element);
    }
    for (const [which, [, noun]] of kinds.entries()) {
      const y = (which ? middle + SHARE.gap : middle - SHARE.row) + 16;
      picture.append(svg("text", { class: "share-name", x: 0, y }, noun));
    }
    place.replaceChildren(picture);
    active = Math.min(active, cells.length - 1);
    cells[active]?.element.setAttribute("tabindex", "0");
    if (focused) cells[active]?.element.focus();
    show(marked);
  }

  /** The cells of an icicle: boxes that are wide enough to be seen; what is narrower than a pixel is together. */
  function icicle(metric, noun, which) {
    const whole = sum(metric), room = width - SHARE.left, scale = room / Number(whole), found = [];
    const size = (box) => Number(sum(metric, box.start, box.stop)) * scale;
    const add = (parts, from, level, colour, up) => {
      let x = from, thin = [];
      const flush = (to) => {
        if (!thin.length) return;
        const start = to - thin.reduce((wide, box) => wide + size(box), 0);
        if (to - start >= 0.5) found.push({ which, noun, metric, level, boxes: thin, x: start, wide: Math.max(to - start, 1), colour, up });
        thin = [];
      };
      for (const box of parts) {
        const wide = size(box);
        if (wide < 1.5) { if (wide > 0) { thin.push(box); x += wide; if (thin.reduce((all, one) => all + size(one), 0) >= 3) flush(x); } continue; }
        flush(x);
        const cell = { which, noun, metric, level, boxes: [box], x, wide, colour: colours.get(box.id) ?? colour, up };
        found.push(cell);
        if (level < SHARE.levels && wide >= 3 && box.parts.length && !box.expanded) add(box.parts, x, level + 1, cell.colour, cell);
        x += wide;
      }
      flush(x);
    };
    add(boxes[0].parts, SHARE.left, 1, -1, null);
    return found;
  }

  function cellOf(cell) {
    const [box] = cell.boxes, many = cell.boxes.length > 1, wide = Math.max(cell.wide - (cell.wide > 3 ? 1 : 0), 0.8);
    const amount = cell.boxes.reduce((all, one) => plus(all, sum(cell.metric, one.start, one.stop)), 0), part = percent(amount, sum(cell.metric));
    const name = many ? `${box.title} to ${cell.boxes.at(-1).title}` : box.title;
    const said = `${name}: ${part} of the ${cell.noun}, ${count(amount)}`;
    const fill = `share-cell share-depth${Math.min(cell.level, 4)} ${cell.colour < 0 ? "share-grey" : `share-hue${cell.colour % 10} share-tone${Math.floor(cell.colour / 10) % 2}`}`;
    const group = svg("g", { class: fill, role: "button", tabindex: "-1", "aria-label": cut(said, 300) },
      svg("title", {}, said), svg("rect", { x: round(cell.x), y: cell.y, width: round(wide), height: SHARE.row - 1, rx: wide > 6 ? 2 : 0 }));
    const full = cell.level === 1 ? `${box.label} ${part}` : box.label, room = wide - 9, letters = shareFitting(box.label, room);
    const text = shareFitting(full, room) >= full.length ? full : letters >= Math.min(box.label.length, 4) ? cut(box.label, letters) : "";
    if (text && !many) group.append(svg("text", { x: round(cell.x + 4), y: cell.y + 16 }, text));
    group.addEventListener("pointerenter", () => mark(box));
    group.addEventListener("focus", () => { activate(cells.indexOf(cell)); mark(box); });
    group.addEventListener("blur", () => mark(null));
    group.addEventListener("click", () => { move(cells.indexOf(cell)); choose(box, "share"); });
    return group;
  }

  function move(to) {
    const next = Math.max(0, Math.min(cells.length - 1, to));
    activate(next);
    cells[active].element.focus();
  }

  function activate(next) {
    cells[active]?.element.setAttribute("tabindex", "-1");
    active = next;
    cells[active].element.setAttribute("tabindex", "0");
  }

  /** The place of the neighbour in a direction: sideways in the row, up and down between a block and its parts. */
  function neighbour(key) {
    const here = cells[active], row = cells.filter((one) => one.which === here.which && one.level === here.level), at = row.indexOf(here);
    if (key === "ArrowRight") return row[at + 1] ?? here;
    if (key === "ArrowLeft") return row[at - 1] ?? here;
    if (key === "Home") return row[0];
    if (key === "End") return row.at(-1);
    const deeper = (key === "ArrowUp") === (here.which === 0);
    if (deeper) return cells.find((one) => one.up === here) ?? here;
    return here.up ?? cells.find((one) => one.which !== here.which && one.level === 1 && one.x + one.wide > here.x) ?? here;
  }

  place.addEventListener("pointerleave", () => mark(null));
  place.addEventListener("keydown", (event) => {
    if (["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
      event.preventDefault();
      move(cells.indexOf(neighbour(event.key)));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(cells[active].boxes[0], "share");
    }
  });

  /** Marks the cells of a box, or the smallest that hold it. */
  function show(box) {
    if (!box?.parent) { on([]); return; }
    const lit = kinds.flatMap((_, which) => {
      const holding = cells.filter((one) => one.which === which && one.boxes.some((held) => held.start <= box.start && box.stop <= held.stop));
      const deepest = holding.filter((one) => one.boxes.some((held) => held === box));
      return deepest.length ? deepest : holding.slice(-1);
    });
    on(lit.map((one) => one.element));
  }

  draw();
  new ResizeObserver(() => { if (Math.max(place.clientWidth, 240) !== width) draw(); }).observe(place);
  return { mark: show };
});

/** How many letters of a text fit into so many pixels. */
function shareFitting(text, room) {
  let wide = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    wide += "ijlt.,:;|!'I ".includes(sign) ? 4.2 : sign > "~" || "mwMW@%".includes(sign) ? 11.5 : sign < "a" && sign > "9" ? 8.4 : 7.1;
    if (wide > room) return at;
  }
  return text.length;
}

/** The colours of blocks by their ids: the first level that has several large ones has different colours. */
function shareColours(metrics) {
  let parts = boxes[0].parts;
  const large = (box) => metrics.some((metric) => Number(sum(metric, box.start, box.stop)) >= Number(sum(metric)) / 200);
  for (;;) {
    const many = parts.filter(large);
    if (many.length !== 1 || !many[0].parts.length) break;
    parts = many[0].parts;
  }
  return new Map(parts.filter(large).map((box, place) => [box.id, place % SHARE.colours]));
}
