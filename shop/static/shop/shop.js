/*
 * Two comforts; every page works without them.
 *
 *   data-ends="WORDS" on a <time>     a clock beside it runs down to its datetime, then WORDS stand there
 *   data-bundle="$0.00" on a form     its <output> tells the total of what is ticked, written like that amount
 */
(() => {
  "use strict";

  const { lang } = document.documentElement;
  // By the shop's clock: the visitor's may be wrong.
  const ahead = Date.parse(document.body.dataset.now) - Date.now() || 0;
  const inDays = new Intl.NumberFormat(lang, { style: "unit", unit: "day", unitDisplay: "long" });

  function left(milliseconds) {
    const seconds = Math.ceil(milliseconds / 1000);
    const days = Math.floor(seconds / 86400);
    const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
    const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
    return days ? inDays.format(days) + " " + clock : clock;
  }

  // Hidden from screen readers, which have the end in words: a clock that speaks each second helps nobody.
  function clockBeside(time) {
    const clock = document.createElement("span");
    clock.className = "countdown";
    clock.setAttribute("aria-hidden", "true");
    time.after(" ", clock);
    return { clock, time, end: Date.parse(time.dateTime) };
  }

  function tick(running) {
    const now = Date.now() + ahead;
    const on = running.filter(({ clock, time, end }) => {
      clock.textContent = end > now ? left(end - now) : time.dataset.ends;
      if (end > now) return true;
      clock.removeAttribute("aria-hidden");
      clock.closest("[data-basketry-item], [data-basketry-view]")?.classList.add("is-over");
      return false;
    });
    if (on.length) setTimeout(tick, 1000 - (now % 1000), on);
  }

  function total(form) {
    const output = form.querySelector("output");
    const boxes = Array.from(form.querySelectorAll("[data-price]"));
    const button = form.querySelector("[type=submit]");
    const amount = new Intl.NumberFormat(lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const all = output.previousElementSibling.textContent;

    function tell() {
      const ticked = boxes.filter((box) => box.checked);
      const cents = ticked.reduce((sum, box) => sum + Math.round(Number(box.dataset.price) * 100), 0);
      output.textContent = form.dataset.bundle.replace(/0.00/, amount.format(cents / 100));
      output.previousElementSibling.textContent = ticked.length === boxes.length ? all : output.dataset.part;
      button.disabled = !ticked.length;
    }

    form.addEventListener("change", tell);
    tell();
  }

  tick(Array.from(document.querySelectorAll("time[data-ends]"), clockBeside));
  document.querySelectorAll("form[data-bundle]").forEach(total);
})();
