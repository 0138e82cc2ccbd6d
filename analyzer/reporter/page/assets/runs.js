// Runs the scripts for each network of the page, and says when all is drawn.

const blocks = document.querySelectorAll('script[type="application/json"]');
for (const block of blocks) draw(JSON.parse(block.textContent), block.closest("[data-network]") ?? document);
if (!blocks.length) draw({}, document);
const { opened } = document.documentElement.dataset;
if (opened && !location.hash) document.querySelector(`[data-view="${opened}"]`)?.scrollIntoView();
document.documentElement.setAttribute("data-ready", "");
