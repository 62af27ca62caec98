/* Draws what the versions that are kept say of one rule: a line for each measure, the oldest version first. */
"use strict";

for (const element of document.querySelectorAll("[data-history]")) {
  const { times, lines } = basketryCharts.data(element.dataset.history);
  basketryCharts.draw(element, {
    tooltip: { trigger: "axis" },
    legend: { top: 0, textStyle: { color: getComputedStyle(element).color } },
    grid: { left: 50, right: 50, top: 40, bottom: 30 },
    xAxis: { type: "category", data: times },
    yAxis: lines.map((_line, at) => ({
      type: "value",
      scale: true,
      axisLabel: { color: basketryCharts.colours[at] },
      splitLine: { show: at === 0 },
    })),
    series: lines.map(({ label, values }, at) => ({ type: "line", name: label, data: values, yAxisIndex: at })),
  });
}
