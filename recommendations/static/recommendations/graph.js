/* The graph of rules: circles are products, lines are rules. Its words come with the data. */
"use strict";

(() => {
  const element = document.getElementById("rule-graph");
  if (!element) return;

  const { nodes, links, categories, ...labels } = basketryCharts.data("rule-graph-data");
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const size = scale(nodes.map((node) => Math.sqrt(node.orders)), 10, 46);
  const thick = scale(links.filter((link) => link.strength).map((link) => Math.log(link.strength)), 0.8, 6);
  const few = nodes.length <= 40;
  const zoom = Math.min(1.1, 0.4 + element.clientWidth / 1500);

  const chart = basketryCharts.draw(element, {
    legend: { data: categories, type: "scroll", top: 0 },
    tooltip: { formatter: ({ dataType, data }) => (dataType === "edge" ? wrap(data.link.words) : told(data.node)) },
    series: [
      {
        type: "graph",
        color: basketryCharts.colours, // a dark theme has others for graphs
        layout: "force",
        top: 40,
        roam: true,
        draggable: true,
        scaleLimit: { min: 0.3, max: 6 },
        edgeSymbol: ["none", "arrow"],
        edgeSymbolSize: 8,
        zoom,
        force: {
          initLayout: "circular", // the same picture each time
          repulsion: Math.max(40, Math.min(300, 6000 / nodes.length)),
          edgeLength: few ? [50, 120] : [15, 60],
          gravity: 0.22,
          layoutAnimation: !basketryCharts.still,
        },
        categories: categories.map((name) => ({ name })),
        data: nodes.map((node) => ({
          id: String(node.id),
          name: node.title,
          category: categories.indexOf(node.category),
          symbolSize: size(Math.sqrt(node.orders)),
          itemStyle: node.is_centre ? { borderColor: "#d4a017", borderWidth: 4 } : {},
          label: { show: few || node.is_centre },
          node,
        })),
        links: links.flatMap((link) =>
          link.first.map((first) => ({
            source: String(first),
            target: String(link.second),
            lineStyle: { width: link.strength ? thick(Math.log(link.strength)) : 0.8, type: link.line, opacity: link.strength ? 0.6 : 0.25 },
            link,
          })),
        ),
        label: { position: "right", formatter: ({ data }) => data.node.title, width: 130, overflow: "truncate" },
        labelLayout: { hideOverlap: true },
        lineStyle: { curveness: 0.12 },
        emphasis: { focus: "adjacency", label: { show: true } },
      },
    ],
  });

  chart.on("click", ({ dataType, data }) => {
    if (dataType === "edge") location.assign(data.link.url);
    if (dataType === "node") open(data.node);
  });

  /* Shows a product beside the graph, with its rules as links. */
  function open(node) {
    const panel = document.getElementById("rule-graph-product");
    const part = (name) => panel.querySelector(`[data-told="${name}"]`);
    for (const name of ["title", "orders_text", "category"]) part(name).textContent = node[name];
    for (const name of ["price", "stock"]) part(name).textContent = node[name] || "-";
    part("image").hidden = !node.image;
    if (node.image) part("image").src = node.image;
    part("url").href = node.url;
    part("rules").replaceChildren(
      ...links
        .filter((link) => link.second === node.id || link.first.includes(node.id))
        .map((link) => {
          const anchor = document.createElement("a");
          anchor.href = link.url;
          anchor.textContent = link.words;
          const entry = document.createElement("li");
          entry.append(anchor);
          return entry;
        }),
    );
    panel.hidden = false;
  }

  function told(node) {
    return `${wrap(node.title)}\n${labels.orders_label}: ${node.orders_text}\n${labels.category_label}: ${node.category}`;
  }

  /* Words on lines short enough for a tooltip. */
  function wrap(words) {
    return words.replace(/(.{50}\S*)\s/g, "$1\n");
  }

  /* From the range of these values to the one from low to high; the middle where they are all alike. */
  function scale(values, low, high) {
    const least = Math.min(...values);
    const most = Math.max(...values);
    return (value) => (most > least ? low + ((high - low) * (value - least)) / (most - least) : (low + high) / 2);
  }
})();
