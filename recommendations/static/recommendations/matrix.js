/* The matrix of categories: the darker a cell, the more rules lead from its row to its column. */
"use strict";

(() => {
  const element = document.getElementById("rule-matrix");
  if (!element) return;

  const { names, rows, label, show } = basketryCharts.data("rule-matrix-data");
  const cells = rows.flatMap((row, y) =>
    row.cells.map((cell, x) => ({ value: [x, y, cell.value], cell })).filter(({ cell }) => cell.value !== null),
  );
  const values = cells.map(({ cell }) => cell.value);
  const side = Math.max(26, Math.min(44, 720 / names.length));
  element.style.height = `${184 + side * names.length}px`;
  element.style.minWidth = `${170 + 24 * names.length}px`;
  const axis = { type: "category", data: names, axisTick: { show: false } };
  const text = { width: 120, overflow: "truncate", interval: 0 };

  basketryCharts
    .draw(element, {
      grid: { left: 140, right: 16, top: 110, bottom: 64 },
      tooltip: { formatter: ({ data }) => `${data.cell.words}\n${label}: ${data.cell.text}` },
      xAxis: { ...axis, position: "top", axisLabel: { ...text, rotate: 60 } },
      yAxis: { ...axis, inverse: true, axisLabel: text },
      visualMap: {
        min: show === "weighted_lift" ? Math.min(...values) : 0,
        max: Math.max(...values),
        calculable: true,
        orient: "horizontal",
        left: "center",
        bottom: 0,
        inRange: { color: ["#dcebe2", "#2f6f4f"] },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          label: { show: names.length <= 12, formatter: ({ data }) => data.cell.text, color: "#222", backgroundColor: "#ffffffb0", padding: 2 },
          itemStyle: { borderWidth: 1, borderColor: "#8884" },
        },
      ],
    })
    .on("click", ({ data }) => {
      if (data.cell.url) location.assign(data.cell.url);
    });
})();
