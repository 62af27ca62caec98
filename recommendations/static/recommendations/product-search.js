/* Suggests the shop's products under the lines that name them. */
"use strict";

for (const box of document.querySelectorAll(".basketry-products")) {
  const found = box.querySelector("datalist");
  let waiting;

  async function suggest(words) {
    const answer = await fetch(`${box.dataset.suggestions}?${new URLSearchParams({ words })}`);
    if (!answer.ok) return;
    const { results } = await answer.json();
    found.replaceChildren(...results.map(({ key, title }) => new Option(title, key)));
  }

  box.addEventListener("input", ({ target }) => {
    clearTimeout(waiting);
    const words = target.value.trim();
    if (words.length > 1) waiting = setTimeout(() => suggest(words), 200);
  });
}
