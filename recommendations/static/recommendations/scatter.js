/* The scatter of rules: two measures on axes of logarithms, lift by size and colour, the chosen ones in a table. */
"use strict";

(() => {
  const element = document.getElementById("rule-scatter");
  if (!element) return;

  const MOST_LISTED = 50;
  const { points, x, y, lift, rules_url, rule_url } = basketryCharts.data("rule-scatter-data");
  const body = document.querySelector("#rule-scatter-table tbody");
  const first = [...body.children];
  const known = new Map();
  const lifts = points.map((point) => Math.log(point[3])).sort((a, b) => a - b);
  const [low, high] = [0.02, 0.98].map((share) => lifts[Math.floor(share * (lifts.length - 1))]);
  let asked = 0;

  const axis = (name, place, nameGap) => {
    const values = points.map((point) => point[place]);
    return {
      type: "log",
      logBase: Math.max(...values) / Math.min(...values) < 100 ? 2 : 10,
      name,
      nameGap,
      nameLocation: "middle",
      min: ({ min }) => 0.9 * min,
      max: ({ max }) => 1.1 * max,
      axisLabel: { formatter: (value) => String(Number(value.toPrecision(2))), showMinLabel: false, showMaxLabel: false },
    };
  };
  const chart = basketryCharts.draw(element, {
    grid: { left: 60, right: 20, top: 40, bottom: 90 },
    toolbox: { feature: { brush: { type: ["rect", "polygon", "clear"] } }, right: 10 },
    brush: { xAxisIndex: 0, yAxisIndex: 0, throttleType: "debounce", throttleDelay: 300 },
    tooltip: { formatter: hint },
    xAxis: axis(x, 1, 30),
    yAxis: axis(y, 2, 42),
    dataZoom: [{ type: "inside", xAxisIndex: 0, filterMode: "none" }, { type: "inside", yAxisIndex: 0, filterMode: "none" }],
    visualMap: {
      dimension: 2,
      min: low,
      max: high > low ? high : low + 1,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      text: [lift, ""],
      formatter: (value) => Math.exp(value).toPrecision(2),
      inRange: { color: ["#e0a872", "#2f6f4f", "#123f6e"], symbolSize: [5, 18] },
    },
    series: [
      {
        type: "scatter",
        data: points.map(([id, across, up, of]) => ({ value: [across, up, Math.log(of)], id })),
        itemStyle: { opacity: 0.7 },
      },
    ],
  });

  chart.on("click", ({ data }) => {
    if (data) location.assign(rule_url.replace("/0/", `/${data.id}/`));
  });
  chart.on("brushSelected", async ({ batch }) => {
    const area = batch[0];
    const chosen = area.selected.flatMap((series) => series.dataIndex);
    const turn = ++asked;
    if (!area.areas.length) return body.replaceChildren(...first);
    const rules = await ask(chosen.slice(0, MOST_LISTED).map((place) => points[place][0]));
    if (turn === asked) body.replaceChildren(...rules.map(row));
  });

  /* The rule in words, asked for when a point is first pointed at. */
  function hint({ data }, ticket, show) {
    const [across, up, of] = data.value;
    const [a, b, c] = [across, up, Math.exp(of)].map((value) => String(Number(value.toPrecision(3))));
    const figures = `${x}: ${a}\n${y}: ${b}\n${lift}: ${c}`;
    const words = known.get(data.id);
    if (words === undefined) ask([data.id]).then(([rule]) => rule && show(ticket, `${wrap(rule.words)}\n${figures}`));
    return words === undefined ? figures : `${wrap(words)}\n${figures}`;
  }

  async function ask(ids) {
    if (!ids.length) return [];
    const answer = await fetch(`${rules_url}?${new URLSearchParams({ ids: ids.join() })}`);
    const { rules } = answer.ok ? await answer.json() : { rules: [] };
    for (const rule of rules) known.set(rule.id, rule.words);
    return rules;
  }

  function row(rule) {
    const made = document.createElement("tr");
    const link = document.createElement("a");
    link.href = rule.url;
    link.textContent = rule.words;
    made.insertCell().append(link);
    for (const text of [rule.confidence, rule.lift, rule.standing]) made.insertCell().textContent = text;
    return made;
  }

  function wrap(words) {
    return words.replace(/(.{50}\S*)\s/g, "$1\n");
  }
})();
