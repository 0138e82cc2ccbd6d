// The rows of a comparison: buttons that open all rows, or only those that changed and their neighbours.

view("graph", (section) => {
  const folds = [...section.querySelectorAll(".dx-fold > details")];
  if (!folds.length) return {};
  const choices = [[false, "changed and their neighbours"], [true, "all"]];
  const buttons = segments("Rows that are shown", choices, false, (open) => { for (const fold of folds) fold.open = open; });
  section.querySelector(".page-head").append(buttons);
  const press = () => {
    for (const fold of folds) fold.firstElementChild.setAttribute("aria-expanded", String(fold.open));
    const open = folds.filter((fold) => fold.open).length;
    [...buttons.children].forEach((button, place) => button.setAttribute("aria-pressed", String(open === (place ? folds.length : 0))));
  };
  for (const fold of folds) fold.addEventListener("toggle", press);
  press();
  return {};
});
