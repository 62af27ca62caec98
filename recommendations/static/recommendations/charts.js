/* What all pictures of the admin share. Names reach a picture as text alone: on a canvas nothing is markup. */
"use strict";

window.basketryCharts = (() => {
  const COLOURS = ["#2f6f4f", "#c8743a", "#3f6fb5", "#a0447a", "#8a7a1f", "#4a9aa5", "#7a5bb0", "#b04a4a", "#6b6b6b"];

  /* The value that a json_script element of the page holds. */
  function data(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  /* Draws an ECharts option into an element, in the colours of the page, and keeps it as wide as the element. */
  function draw(element, option) {
    const style = getComputedStyle(element);
    const chart = echarts.init(element);
    chart.setOption({
      color: COLOURS,
      textStyle: { color: style.color, fontFamily: style.fontFamily },
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      aria: { enabled: true },
      ...option,
      tooltip: { renderMode: "richText", confine: true, ...option.tooltip },
    });
    new ResizeObserver(() => chart.resize()).observe(element);
    return chart;
  }

  return { data, draw };
})();
