/* What all pictures of the admin share. Names reach a picture as text alone: on a canvas nothing is markup. */
"use strict";

window.basketryCharts = (() => {
  const COLOURS = ["#2f6f4f", "#c8743a", "#3f6fb5", "#a0447a", "#8a7a1f", "#4a9aa5", "#7a5bb0", "#b04a4a", "#6b6b6b"];
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const locale = document.documentElement.lang.startsWith("zh") ? "ZH" : "EN";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* The value that a json_script element of the page holds. */
  function data(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  /* Draws an ECharts option into an element, in the colours of the page, and keeps it as wide as the element and as
     dark as the page. */
  function draw(element, option) {
    const chart = echarts.init(element, null, { locale });
    const dress = () => {
      const style = getComputedStyle(element);
      chart.setTheme(isLight(style.color) ? "dark" : "default");
      chart.setOption({
        color: option.color || COLOURS,
        backgroundColor: "transparent",
        textStyle: { color: style.color, fontFamily: style.fontFamily },
      });
    };
    chart.setOption({
      animation: !still,
      aria: { enabled: true },
      ...option,
      tooltip: { renderMode: "richText", confine: true, ...option.tooltip },
    });
    dress();
    new ResizeObserver(() => requestAnimationFrame(() => chart.resize())).observe(element);
    new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    darkness.addEventListener("change", dress);
    return chart;
  }

  /* Whether a colour, rgb(...) as computed styles have it, is one for dark ground. */
  function isLight(colour) {
    const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
    return 0.299 * red + 0.587 * green + 0.114 * blue > 128;
  }

  return { colours: COLOURS, data, draw, still };
})();
