/*
 * Reports what a shopper saw and did: views with the time they lasted, lists that were on screen, clicks on
 * suggestions, products put into the cart. Fills the lists that a page left open. Loaded by {% basketry_assets %}; it
 * needs no inline script.
 *
 *   data-basketry-view="KEY"      on the product page: the product that is looked at
 *   data-basketry-cart-add="KEY"  on a form or button that puts a product into the cart
 *   data-basketry-token="TOKEN"   on a list of suggestions; the plugin's block has it
 *   data-basketry-fragment="URL"  on a place that is filled with the list of that address; {% ... lazy=True %} prints it
 */
(() => {
  "use strict";

  const settings = document.currentScript ? document.currentScript.dataset : {};
  if (!settings.endpoint) return;

  const PARAMETER = "basketry";
  const MOST_EVENTS = 20; // A beacon holds 64 KB.
  const QUIET_MS = 2000;
  const ON_SCREEN_MS = 1000;
  const MOST_EXCLUDED = 100; // An address holds some thousand characters.

  const queue = [];
  let timer = 0;

  function newId() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  // What was remembered in this tab, else what `make` gives, remembered from now on.
  function remembered(name, make) {
    try {
      const known = sessionStorage.getItem(name);
      if (known) return JSON.parse(known);
      const fresh = make();
      sessionStorage.setItem(name, JSON.stringify(fresh));
      return fresh;
    } catch {
      return make();
    }
  }

  const session = remembered("basketry-session", newId);

  function csrfToken() {
    if (settings.csrfToken) return settings.csrfToken;
    const prefix = (settings.csrfCookie || "csrftoken") + "=";
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(prefix));
    if (cookie) return decodeURIComponent(cookie.slice(prefix.length));
    const field = document.querySelector("input[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }

  function send(events) {
    const form = new FormData();
    form.append("events", JSON.stringify(events));
    form.append("csrfmiddlewaretoken", csrfToken());
    if (navigator.sendBeacon && navigator.sendBeacon(settings.endpoint, form)) return;
    const request = { method: "POST", body: form, credentials: "same-origin", keepalive: true };
    fetch(settings.endpoint, request).catch(() => {});
  }

  function flush() {
    clearTimeout(timer);
    timer = 0;
    while (queue.length) send(queue.splice(0, MOST_EVENTS));
  }

  function note(event) {
    queue.push(event);
    if (!timer) timer = setTimeout(flush, QUIET_MS);
  }

  function noteBrowsing(kind, item, more) {
    note({ event_id: newId(), kind, item, at: new Date().toISOString(), session, ...more });
  }

  // A view is told once, when the page is first left, with the seconds for which it could be seen.
  function watchView(item) {
    let startedAt, visibleSince, visibleMs, told;

    function begin() {
      startedAt = new Date().toISOString();
      visibleMs = 0;
      told = false;
      visibleSince = document.visibilityState === "visible" ? performance.now() : null;
    }

    function leave() {
      if (visibleSince !== null) visibleMs += performance.now() - visibleSince;
      visibleSince = null;
      if (told || !visibleMs) return;
      told = true;
      noteBrowsing("view", item, { at: startedAt, dwell_seconds: Math.round(visibleMs) / 1000 });
    }

    begin();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") leave();
      else if (visibleSince === null) visibleSince = performance.now();
    });
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) begin();
    });
  }

  // A list was seen when half of it, or half a screen of it, was on screen for a second; told once a page.
  function watcher() {
    if (!window.IntersectionObserver) return () => {};
    const waiting = new Map();

    function seen(list) {
      waiting.delete(list);
      observer.unobserve(list);
      if (document.visibilityState === "visible") {
        note({ kind: "impression", recommendation: list.dataset.basketryToken });
      } else {
        observer.observe(list);
      }
    }

    function changed(entries) {
      for (const { target, intersectionRatio, intersectionRect } of entries) {
        const enough =
          intersectionRatio >= 0.5 || intersectionRect.height >= document.documentElement.clientHeight / 2;
        if (enough && !waiting.has(target)) {
          waiting.set(target, setTimeout(seen, ON_SCREEN_MS, target));
        } else if (!enough) {
          clearTimeout(waiting.get(target));
          waiting.delete(target);
        }
      }
    }

    const observer = new IntersectionObserver(changed, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5] });
    return (root) => root.querySelectorAll("[data-basketry-token]").forEach((list) => observer.observe(list));
  }

  const watchLists = watcher();

  // The address of a list, which is to leave out what stands on the page by now.
  function addressOf(place) {
    const address = new URL(place.dataset.basketryFragment, location.href);
    if (place.dataset.basketryDistinct === "false") return address;
    const cards = Array.from(document.querySelectorAll("[data-basketry-item]")).slice(0, MOST_EXCLUDED);
    cards.forEach((card) => address.searchParams.append("exclude", card.dataset.basketryItem));
    return address;
  }

  // Lists that a cached page left open; one after another, for each leaves out what the others show.
  async function fillPlaces() {
    for (const place of document.querySelectorAll("[data-basketry-fragment]")) {
      try {
        const answer = await fetch(addressOf(place), { credentials: "same-origin" });
        if (answer.status !== 200) continue;
        place.innerHTML = await answer.text();
        watchLists(place);
      } catch {
        // A list that cannot be had is a place that stays empty.
      }
    }
  }

  // Whoever lands by a suggestion's link clicked it. The id is kept, so that a reload is the same click.
  function tellClick(item) {
    const isMine = (piece) => piece.startsWith(PARAMETER + "=");
    const pieces = location.search.slice(1).split("&");
    const mine = pieces.find(isMine);
    if (!mine) return;
    const token = mine.slice(PARAMETER.length + 1).replace(/%3A/gi, ":");
    if (item) {
      const made = () => ({ event_id: newId(), at: new Date().toISOString() });
      const click = remembered("basketry-click " + item + " " + token, made);
      note({ kind: "impression", recommendation: token });
      note({ ...click, kind: "click", item, session, recommendation: token });
    }
    const others = pieces.filter((piece) => !isMine(piece)).join("&");
    history.replaceState(history.state, "", location.pathname + (others ? "?" + others : "") + location.hash);
  }

  function watchCart() {
    document.addEventListener("submit", (event) => {
      const place = event.target.closest("[data-basketry-cart-add]") || event.submitter;
      const item = place && place.dataset.basketryCartAdd;
      if (item) noteBrowsing("cart_add", item);
    });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-basketry-cart-add], a[data-basketry-cart-add]");
      if (button && !(button.form && button.type === "submit")) {
        noteBrowsing("cart_add", button.dataset.basketryCartAdd);
      }
    });
  }

  const viewed = document.querySelector("[data-basketry-view]");
  const item = viewed ? viewed.dataset.basketryView : "";
  if (item) watchView(item);
  tellClick(item);
  watchLists(document);
  watchCart();
  fillPlaces();
  // Last, so that what the others tell on leaving is sent too.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") flush();
  });
  window.addEventListener("pagehide", flush);
})();
