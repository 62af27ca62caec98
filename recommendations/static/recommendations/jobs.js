/* Keeps what is open moving: asks every second and a half, and puts the words of the answer where they belong. */
"use strict";

(() => {
  const EVERY_MS = 1500;

  /* The elements of one run: data-basketry-run is its id, data-basketry-part what of the answer it shows. */
  function show(run) {
    for (const element of document.querySelectorAll(`[data-basketry-run="${run.id}"]`)) {
      const part = element.dataset.basketryPart;
      if (part === "progress") {
        element.querySelector("progress").value = run.percent;
        element.querySelector("span").textContent = run.progress;
      } else if (part === "open") {
        element.hidden = !run.open;
      } else if (part === "result") {
        element.replaceChildren(...run.result.map((sentence) => item("p", sentence)));
      } else {
        element.textContent = run[part];
      }
    }
  }

  function item(tag, text, className = "") {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = className;
    return element;
  }

  /* New lines go to the end of the table; who reads its end goes on doing so. */
  function append(log, lines) {
    const scroller = log.parentElement;
    const atEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 4;
    for (const line of lines) {
      const row = document.createElement("tr");
      row.className = `basketry-log-${line.level}`;
      row.append(item("td", line.at), item("td", line.label), item("td", line.text));
      log.tBodies[0].append(row);
      log.dataset.basketryLast = line.id;
    }
    log.hidden = log.tBodies[0].rows.length === 0;
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  }

  async function look(live) {
    const log = document.querySelector("[data-basketry-log]");
    const url = new URL(live.dataset.basketryLive, location.href);
    if (log) url.searchParams.set("after", log.dataset.basketryLast);
    let open = true;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const told = await answer.json();
        told.runs.forEach(show);
        if (log) append(log, told.lines);
        open = told.runs.some((run) => run.open);
      } else {
        open = answer.status >= 500;
      }
    } catch {
      /* The server may be starting again. */
    }
    if (open) setTimeout(look, EVERY_MS, live);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const live = document.querySelector("[data-basketry-live]");
    const log = document.querySelector("[data-basketry-log]");
    if (log) log.parentElement.scrollTop = log.parentElement.scrollHeight;
    if (live) setTimeout(look, EVERY_MS, live);
  });
})();
