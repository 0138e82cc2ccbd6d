// The tree as a table: it folds, sorts and filters. Rows have one height, and those out of sight have no cells but their
// name while they are many, so that 10,000 rows are there at once.

/** The most rows whose cells are all made at once. */
const TABLE_FEW = 1500;

/** Columns whose texts are words. */
const TABLE_WORDS = new Set(["layer", "kind", "output", "input", "inputs", "path", "note", "at_least"]);

/** The layers of which a part of the MACs is unknown, in order. */
const tableUnknown = () => layers.filter((layer) => layer.unknown).map((layer) => layer.index);

view("table", (section) => {
  const table = section.querySelector("table");
  if (!table) return {};
  const names = data.table.columns, cells = tableCells();
  const body = table.tBodies[0], scroll = section.querySelector(".table-scroll"), note = section.querySelector(".table-note");
  const headings = [...table.tHead.rows].at(-1).cells, on = marker();
  const state = { open: new Set(data.table.open), sort: data.table.sort ?? null, down: true, query: "", top: data.table.top ?? 0, opened: new Set() };
  let shown = [], rows = new Map(), active = null, found = null;

  // ------------------------------------------------------------ which rows

  const texts = [];
  const textOf = (box) => (texts[box.id] ??= `${box.title} ${kindOf(box)} ${box.output}`.toLowerCase());

  /** The boxes that match the filter, and those that hold one. */
  function search() {
    const words = state.query.toLowerCase().replace(/(\d)x(?=\d)/g, `$1${TIMES}`).split(/\s+/).filter(Boolean);
    if (!words.length) { found = null; return; }
    const own = new Set(), holds = new Set();
    for (let id = boxes.length - 1; id > 0; id -= 1) {
      const box = boxes[id];
      if (words.every((word) => textOf(box).includes(word))) own.add(box);
      if ((own.has(box) || holds.has(box)) && box.parent.parent) holds.add(box.parent);
    }
    const first = [];
    const within = (box) => { for (const part of box.parts) { if (own.has(part)) first.push(part); else if (holds.has(part)) within(part); } };
    within(boxes[0]);
    found = { own, holds, first, layers: first.reduce((many, box) => many + box.layers, 0) };
  }

  const isOpen = (box) => {
    if (!box.parts.length) return false;
    if (!found) return state.open.has(box.id);
    return state.opened.has(box.id) !== (found.holds.has(box) && !found.own.has(box));
  };

  /** The rows: [box, level], all at level 1 where they are flat. */
  function list() {
    const flat = state.top > 0 || (found && state.sort);
    if (flat) {
      const matching = found ? found.first.flatMap((box) => layers.slice(box.start, box.stop)) : layers;
      const all = ordered(matching.map((layer) => layer.box));
      return (state.top ? all.slice(0, state.top) : all).map((box) => [box, 1]);
    }
    const result = [];
    const add = (parts, level, inside) => {
      for (const box of ordered(parts)) {
        if (found && !inside && !found.own.has(box) && !found.holds.has(box)) continue;
        result.push([box, level]);
        if (isOpen(box)) add(box.parts, level + 1, inside || Boolean(found?.own.has(box)));
      }
    };
    add(boxes[0].parts, 1, false);
    return result;
  }

  function ordered(parts) {
    if (!state.sort) return parts;
    const { key } = cells(state.sort), sign = state.down ? -1 : 1;
    const keys = new Map(parts.map((box) => [box, key(box)]));
    const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
    return [...parts].sort((one, other) => sign * compare(keys.get(one), keys.get(other)) || one.start - other.start);
  }

  // ------------------------------------------------------------ drawing

  function render({ focus = false } = {}) {
    const held = active, flat = state.top > 0 || Boolean(found && state.sort);
    shown = list();
    rows = new Map();
    const made = shown.map(([box, level]) => {
      const row = rowOf(box, level, flat);
      rows.set(box, row);
      return row;
    });
    body.replaceChildren(...made);
    active = null;
    const box = held && (rows.has(held) ? held : holder(held));
    activate(box && rows.has(box) ? box : shown[0]?.[0] ?? null, { focus, mark: false });
    table.classList.toggle("table-many", shown.length > TABLE_FEW);
    fill(shown.length <= TABLE_FEW);
    say(flat);
    show(marked);
    for (const heading of headings) {
      const by = heading.dataset.column === state.sort;
      if (by) heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    table.setAttribute("aria-rowcount", String(shown.length + table.tHead.rows.length + 1));
  }

  function rowOf(box, level, flat) {
    const name = flat ? box.title : box.label;
    const twist = html("span", { class: "table-twist", "aria-hidden": "true" });
    const head = html("th", { scope: "row", role: "rowheader", title: name === box.title && name.length < 9 ? null : box.title }, twist, cut(name, 120));
    const parent = box.parts.length > 0 && !flat;
    const row = html("tr", {
      role: "row", "aria-level": level, "aria-expanded": parent ? String(isOpen(box)) : null, "data-box": box.id, tabindex: "-1",
    }, head);
    row.style.setProperty("--level", Math.min(level, 16) - 1);
    return row;
  }

  /** Gives rows their cells: all, or those near what is seen of the table. */
  function fill(all) {
    const high = body.rows[0]?.offsetHeight || 28, many = Math.ceil(scroll.clientHeight / high) + 60;
    const from = all ? 0 : Math.max(0, Math.floor(scroll.scrollTop / high) - 30), to = all ? shown.length : Math.min(shown.length, from + many);
    for (let at = from; at < to; at += 1) {
      const row = body.rows[at];
      if (row.cells.length > 1) continue;
      const box = shown[at][0];
      row.classList.toggle("table-zero", isZero(box));
      for (const name of names.slice(1)) row.append(cellOf(name, cells(name).text(box)));
    }
  }

  function cellOf(name, text) {
    const words = TABLE_WORDS.has(name);
    const cell = html("td", { role: "gridcell", class: [words && "w", classOf(name, false)].filter(Boolean).join(" ") || null, title: words && text.length > 14 ? text : null }, cut(text, 120));
    return cell;
  }

  function say(flat) {
    const by = state.sort && `, ${state.down ? "largest" : "smallest"} ${headingOf(state.sort)} first`;
    const parts = [];
    if (found) parts.push(found.first.length ? `${plural(found.first.length, "match").replace(/hs$/, "hes")}, ${plural(found.layers, "layer")}` : "nothing matches");
    else if (state.top) parts.push(`${count(shown.length)} of ${plural(layers.length, "layer")}`);
    parts.push(`${plural(shown.length, "row")} for ${plural(layers.length, "layer")}`);
    status.textContent = found || state.top ? parts[0] : parts.at(-1);
    const sorted = !by ? "" : flat ? ` Layers${by}.` : ` The rows of each block${by}.`;
    note.textContent = `${parts.at(-1)}.${sorted} \u03a3 is the running sum over the layers in their order.`;
  }

  const headingOf = (name) => {
    const mode = { shared: "shared ", local: "locally connected ", declared: "declared " }[name.split(".")[0]] ?? "";
    return mode + ([...headings].find((heading) => heading.dataset.column === name)?.dataset.heading ?? name.split(".").at(-1));
  };

  // ------------------------------------------------------------ marks and focus

  /** The nearest box around one that has a row. */
  function holder(box) {
    let around = box;
    while (around && !rows.has(around)) around = around.parent;
    return around;
  }

  function show(box) {
    if (!box?.parent) { on([]); return; }
    const around = holder(box);
    if (around) on([rows.get(around)]);
    else on(shown.filter(([one]) => one.start >= box.start && one.stop <= box.stop).slice(0, 300).map(([one]) => rows.get(one)));
  }

  function activate(box, { focus = true, mark: marking = true } = {}) {
    if (active) rows.get(active)?.setAttribute("tabindex", "-1");
    active = box;
    const row = box && rows.get(box);
    if (!row) return;
    row.setAttribute("tabindex", "0");
    if (!focus) return;
    into(row);
    row.focus({ preventScroll: scroll.scrollHeight > scroll.clientHeight + 1 && inSight() });
    if (marking) mark(box);
  }

  const inSight = () => { const { top, bottom } = scroll.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; };

  /** Scrolls the table, and not the page, to a row. */
  function into(row) {
    const above = table.tHead.offsetHeight, below = table.tFoot?.offsetHeight ?? 0;
    const box = scroll.getBoundingClientRect(), at = row.getBoundingClientRect();
    if (at.top < box.top + above) scroll.scrollTop -= box.top + above - at.top;
    else if (at.bottom > box.top + scroll.clientHeight - below) scroll.scrollTop += at.bottom - box.top - scroll.clientHeight + below;
    fill(false);
  }

  function toggle(box, open = !isOpen(box)) {
    if (!box.parts.length || isOpen(box) === open || rows.get(box)?.getAttribute("aria-expanded") === null) return;
    const set = found ? state.opened : state.open;
    if (set.has(box.id)) set.delete(box.id); else set.add(box.id);
    render({ focus: body.contains(document.activeElement) });
  }

  function unfold(boxesOpen) {
    state.top = 0;
    if (found) {
      state.opened = new Set(boxes.filter((box) => box.parent && box.parts.length && boxesOpen(box) !== (found.holds.has(box) && !found.own.has(box))).map((box) => box.id));
    } else state.open = new Set(boxes.filter((box) => box.parent && box.parts.length && boxesOpen(box)).map((box) => box.id));
    render();
  }

  function sortBy(name) {
    const first = name === "output" || !TABLE_WORDS.has(name);  // the largest volume, but the first name
    if (state.sort !== name) { state.sort = name; state.down = first; }
    else if (state.down === first) state.down = !first;
    else { state.sort = null; state.down = true; state.top = 0; }
    render();
  }

  // ------------------------------------------------------------ what a reader does

  const boxAt = (target) => boxes[target.closest("tr[data-box]")?.dataset.box];

  body.addEventListener("pointerover", (event) => { const box = boxAt(event.target); if (box) mark(box); });
  body.addEventListener("pointerleave", () => mark(null));
  body.addEventListener("focusin", (event) => { const box = boxAt(event.target); if (box && box !== active) activate(box, { focus: false }); if (box) mark(box); });
  body.addEventListener("focusout", () => mark(null));
  body.addEventListener("click", (event) => {
    const box = boxAt(event.target);
    if (!box) return;
    activate(box);
    toggle(box);
    choose(box, "table");
  });

  body.addEventListener("keydown", (event) => {
    const box = boxAt(event.target);
    if (!box || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = shown.findIndex(([one]) => one === box), open = rows.get(box).getAttribute("aria-expanded");
    const page = Math.max(Math.floor(scroll.clientHeight / (rows.get(box).offsetHeight || 28)) - 3, 1);
    const go = (to) => { const next = shown[Math.max(0, Math.min(shown.length - 1, to))]; if (next) activate(next[0]); };
    const moves = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => (at === 0 ? enterHead(0) : go(at - 1)),
      Home: () => go(0), End: () => go(shown.length - 1), PageDown: () => go(at + page), PageUp: () => go(at - page),
      ArrowRight: () => (open === "false" ? toggle(box, true) : open === "true" && go(at + 1)),
      ArrowLeft: () => {
        if (open === "true") toggle(box, false);
        else if (shown[at][1] > 1) activate(shown[shown.slice(0, at).findLastIndex(([, level]) => level < shown[at][1])][0]);
      },
      Enter: () => choose(box, "table"),
      " ": () => (open === null ? choose(box, "table") : toggle(box)),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  });

  const isFirst = (name) => name === "output" || name === "macs" || /^(shared|declared)\.parameters$/.test(name);
  const starts = new Set(names.filter((name, at) => at && name.split(".")[0] !== names[at - 1].split(".")[0] && (name.includes(".") || names[at - 1].includes("."))));
  function classOf(name, number) { return [number && "n", isFirst(name) && "table-first", starts.has(name) && "table-start"].filter(Boolean).join(" "); }

  const buttons = [...headings].map((heading) => {
    const name = heading.dataset.column;
    heading.dataset.heading = heading.textContent;
    heading.setAttribute("role", "columnheader");
    const button = html("button", { type: "button", class: "table-sort", tabindex: "-1" });
    const of = { shared: "shared", local: "local", declared: "declared" }[name.split(".")[0]];
    if (of && name.includes(".")) button.append(html("span", { class: "table-of" }, `${of} `));
    button.append(...heading.childNodes);
    heading.append(button);
    for (const one of classOf(name, false).split(" ").filter(Boolean)) heading.classList.add(one);
    button.addEventListener("click", () => sortBy(name));
    return button;
  });
  function enterHead(at) { buttons[at].focus(); }
  table.tHead.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target.closest("button"));
    const to = { ArrowRight: Math.min(at + 1, buttons.length - 1), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || (to === undefined && event.key !== "ArrowDown")) return;
    event.preventDefault();
    if (event.key === "ArrowDown") activate(active ?? shown[0]?.[0] ?? null);
    else enterHead(to);
  });

  const status = html("p", { class: "table-status", role: "status", "aria-live": "polite" });
  const filter = html("input", { type: "search", class: "table-filter", placeholder: "filter: name, kind, volume", "aria-label": "Filter the rows by name, kind or volume", spellcheck: "false" });
  filter.addEventListener("input", () => { state.query = filter.value; state.opened = new Set(); search(); scroll.scrollTop = 0; render(); });
  const button = (text, act) => html("button", { type: "button", onclick: act }, text);
  section.querySelector(".page-head").append(filter, html("div", { class: "page-segments", role: "group", "aria-label": "Fold rows" },
    button("fold all", () => unfold(() => false)),
    button("1 level", () => unfold((box) => box.level === 1)),
    button("all rows", () => unfold(() => true))), status);

  // ------------------------------------------------------------ the columns' widths

  function measure() {
    const width = (name) => `calc(${Math.max(cells(name).wide, tableWide(headings[names.indexOf(name)].dataset.heading) + 0.7).toFixed(1)}ch + .92em + 1px)`;
    const first = names.filter((name) => isFirst(name)), rest = names.slice(1).filter((name) => !isFirst(name));
    const grid = (head, list) => [head, ...list.map((name) => (name === "kind" ? "minmax(10.6em,1fr)" : width(name)))].join(" ");
    const longest = boxes.reduce((most, box) => Math.max(most, Math.min(box.label.length, 30)), 8);
    table.style.setProperty("--wide", grid(`minmax(calc(${Math.min(longest, 13) + 1}ch + 2.9em),1fr)`, names.slice(1)));
    table.style.setProperty("--narrow", grid(`calc(${Math.min(longest, 9) + 1}ch + 1.7em)`, [...first, ...rest]));
    for (const one of table.querySelectorAll("th[colspan]")) one.style.gridColumn = `span ${one.colSpan}`;
  }

  for (const [at, cell] of [...(table.tFoot?.rows[0].cells ?? [])].entries()) {
    for (const one of classOf(names[at], false).split(" ").filter(Boolean)) cell.classList.add(one);
    cell.setAttribute("role", at ? "gridcell" : "rowheader");
  }
  for (const part of [table.tHead, body, table.tFoot]) part?.setAttribute("role", "rowgroup");
  table.classList.add("table-live");
  measure();
  let waiting = 0;
  scroll.addEventListener("scroll", () => { waiting ||= requestAnimationFrame(() => { waiting = 0; fill(false); }); }, { passive: true });
  addEventListener("beforeprint", () => fill(true));
  new ResizeObserver(() => fill(false)).observe(scroll);
  render();

  return {
    mark: show,
    choose(box, from) {
      if (!box?.parent || from === "table") return;
      if (from === "address" && !found && !state.top) {
        for (const one of box.path.slice(1)) state.open.add(one.id);
        render();
      }
      const around = holder(box);
      if (!around) return;
      activate(around, { focus: false });
      into(rows.get(around));
    },
  };
});

/** The kind of a box; a run says how many it is. */
const kindOf = (box) => (box.times > 1 ? `${box.kind} ${TIMES}${count(box.times)}` : box.kind);

/** Whether a box neither computes nor has parameters. */
const isZero = (box) => !atLeast(box) && !sum("macs", box.start, box.stop) && !sum("local.parameters", box.start, box.stop) && !sum("shared.parameters", box.start, box.stop);

/** What each column shows of a box: its text, what it is sorted by, and the most letters that it has. */
function tableCells() {
  const known = new Map(), unknowns = tableUnknown(), more = data.table.more ?? {}, texts = data.table.texts ?? [];
  const has = (start, stop) => { const at = unknowns.findIndex((index) => index >= start); return at >= 0 && unknowns[at] < stop; };
  const sums = (metric) => (box) => sum(metric, box.start, box.stop), running = (metric) => (box) => sum(metric, 0, box.stop);
  const both = (one, other) => (box) => plus(one(box), other(box));
  const last = (box) => layers[box.stop - 1];
  const numbers = (key, write) => ({ key, text: (box) => write(key(box), box), wide: tableWide(write(key(boxes[0]), boxes[0])) });
  const sized = (key) => ({ ...numbers(key, bytes), wide: boxes.some((box) => isLong(Number(key(box)))) ? 9.3 : 8.3 });
  const multiplied = (key, from) => {
    const column = numbers(key, (number, box) => (!has(from(box), box.stop) ? count(number) : Number(number) ? `\u2265 ${count(number)}` : "unknown"));
    return { ...column, wide: Math.max(column.wide, unknowns.length ? tableWide("unknown") : 0) };
  };
  const longest = (list) => list.reduce((most, text) => Math.max(most, tableWide(text)), 3);

  function made(name) {
    if (Object.hasOwn(more, name)) {
      const [places, amounts] = more[name];
      return {
        text: (box) => texts[places[box.id]], wide: Math.min(longest(places.map((place) => texts[place])), 28),
        key: amounts ? (box) => exactly(amounts[box.id]) : (box) => numeric(texts[places[box.id]]),
      };
    }
    const [mode, metric] = name.split(".");
    const of = (one) => `${data.costs[`${mode}.weights`] ? mode : "shared"}.${one}`;
    switch (metric ?? name) {
      case "layer": return { text: (box) => box.label, key: (box) => box.title, wide: 12 };
      case "kind": return { text: kindOf, key: kindOf, wide: 20 };
      case "output": return { text: (box) => box.output, key: (box) => sizesOf(box.output).reduce((product, size) => product * size, 1), wide: longest(data.volumes) };
      case "receptive_field": return { text: (box) => last(box).field[0], key: (box) => last(box).field[1] || (last(box).field[0] ? Infinity : -1), wide: longest(data.fields.map(([text]) => text)) };
      case "line": return { text: (box) => String(layers[box.start].line || ""), key: (box) => layers[box.start].line, wide: 5 };
      case "macs": return multiplied(sums("macs"), (box) => box.start);
      case "macs_sum": return multiplied(running("macs"), () => 0);
      case "flops": return multiplied((box) => plus(sums("macs")(box), sums("macs")(box)), (box) => box.start);
      case "activation": return sized(sums("activation"));
      case "activation_sum": return sized(running("activation"));
      case "memory": return sized(both(sums(of("bytes")), sums("activation")));
      case "memory_sum": return sized(both(running(of("bytes")), running("activation")));
      case "sum": return numbers(running(of("parameters")), count);
      default: return numbers(sums(of(metric)), count);
    }
  }
  return (name) => {
    if (!known.has(name)) known.set(name, made(name));
    return known.get(name);
  };
}

/** Whether a size has four digits before the point: `1,016.0 KiB`. */
const isLong = (size) => { let left = size; while (left >= 1024) left /= 1024; return size >= 1024 && left >= 999.9; };

/** How wide a text is, in zeros. */
const tableWide = (text) => [...text].reduce((wide, sign) => wide + (",. :".includes(sign) ? 0.52 : `${TIMES}M\u2265`.includes(sign) ? 1.4 : 1), 0);

/** What a text is sorted by: its number, where it begins with one. */
const numeric = (text) => { const number = parseFloat(text.replace(/,/g, "").replace(/^\u2212/, "-")); return Number.isNaN(number) ? -Infinity : number; };
