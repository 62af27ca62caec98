/* Draws how a network learnt: lines by epoch, on one scale or on two, and where it was best. */
"use strict";

for (const element of document.querySelectorAll("[data-curves]")) {
  const { epoch, epochs, scales, best, lines } = basketryCharts.data(element.dataset.curves);
  basketryCharts.draw(element, {
    tooltip: { trigger: "axis" },
    legend: { top: 0, textStyle: { color: getComputedStyle(element).color } },
    grid: { left: 60, right: 60, top: 90, bottom: 50 },
    xAxis: {
      type: "category",
      name: epoch,
      nameLocation: "middle",
      nameGap: 25,
      data: Array.from({ length: epochs }, (_, at) => at + 1),
    },
    yAxis: Array.from({ length: scales }, (_, at) => ({
      type: "value",
      scale: true,
      splitLine: { show: at === 0 },
    })),
    series: lines.map(({ label, values, scale }, at) => ({
      type: "line",
      name: label,
      data: values,
      yAxisIndex: scale,
      markLine: at === 0 && best ? {
        symbol: "none",
        lineStyle: { type: "dashed" },
        label: { formatter: best.label },
        data: [{ xAxis: best.epoch - 1 }],
      } : undefined,
    })),
  });
}
