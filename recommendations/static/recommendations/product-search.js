/* Suggests the shop's products under the inputs that name them: those whose list is a datalist with data-suggestions. */
"use strict";

for (const found of document.querySelectorAll("datalist[data-suggestions]")) {
  let waiting;

  async function suggest(input) {
    const words = input.value.trim();
    if (words.length < 2) return;
    const answer = await fetch(`${found.dataset.suggestions}?${new URLSearchParams({ words })}`);
    if (!answer.ok || words !== input.value.trim()) return;
    const { results } = await answer.json();
    found.replaceChildren(...results.map(({ key, title }) => new Option(title, key)));
  }

  for (const input of document.querySelectorAll(`input[list="${found.id}"]`)) {
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(suggest, 200, input);
    });
  }
}
