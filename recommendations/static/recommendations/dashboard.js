/* The dashboard's pictures: lines by day, those of the days before dashed; an axis of its own at the right. */
"use strict";

(() => {
  const given = basketryCharts.data("basketry-dashboard-data");
  for (const element of document.querySelectorAll("[data-chart]")) {
    const series = given.charts[element.dataset.chart];
    if (!series.length) {
      element.hidden = true;
      continue;
    }
    basketryCharts.draw(element, {
      legend: { type: "scroll", top: 0, textStyle: { color: getComputedStyle(element).color } },
      grid: { top: 48, left: 8, right: 8, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: given.days },
      yAxis: [{ type: "value", minInterval: 1 }, { type: "value", splitLine: { show: false } }],
      series: series.map((one) => ({
        type: "line",
        name: one.name,
        data: one.values,
        yAxisIndex: one.right ? 1 : 0,
        lineStyle: { type: one.dashed ? "dashed" : "solid" },
      })),
    });
  }
})();
