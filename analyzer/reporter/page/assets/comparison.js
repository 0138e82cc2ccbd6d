// Several networks: the one under the pointer is marked in the picture and in the table.

view("comparison", (section) => {
  const parts = [...section.querySelectorAll("[data-places],[data-place]")];
  const placesOf = (part) => (part.dataset.places ?? part.dataset.place).split(" ");
  const show = (places) => {
    for (const part of parts) part.toggleAttribute("data-on", placesOf(part).some((place) => places.includes(place)));
  };
  for (const part of parts) {
    part.addEventListener("pointerenter", () => show(placesOf(part)));
    part.addEventListener("pointerleave", () => show([]));
  }
  return {};
});
