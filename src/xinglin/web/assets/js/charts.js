// Charts of the elements that bear data-chart. The figures stand beside each as a table, for whoever can't see them.
const own = document.getElementById("charts");
const style = getComputedStyle(document.documentElement);
const token = (name) => style.getPropertyValue(name).trim();
const drawn = new Map();

const library = () => new Promise((done, failed) => {
  if (window.echarts) return done();
  const script = Object.assign(document.createElement("script"), { src: own.dataset.library, onload: done, onerror: failed });
  document.head.append(script);
});

const options = ({ names, now, before, titles, across }) => {
  const kinds = { type: "category", data: names, inverse: Boolean(across), axisLabel: { color: token("--ink-2"), width: 110, overflow: "truncate" }, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--edge-2") } } };
  const values = { type: "value", minInterval: across ? 0 : 1, axisLabel: { color: token("--ink-3") }, splitLine: { lineStyle: { color: token("--edge") } } };
  const bar = (name, data, colour) => ({ type: "bar", name, data, itemStyle: { color: colour, borderRadius: 2 }, barMaxWidth: 18, cursor: "pointer" });
  return {
    animation: false,
    textStyle: { fontFamily: token("--font") },
    grid: { left: 8, right: 20, top: 30, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, right: 0, itemWidth: 10, itemHeight: 10, textStyle: { color: token("--ink-2") } },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: across ? values : kinds,
    yAxis: across ? kinds : values,
    series: [bar(titles[0], now, token("--brand")), bar(titles[1], before, token("--edge-3"))],
  };
};

const draw = async () => {
  await library();
  for (const [element, chart] of drawn) if (!element.isConnected) { chart.dispose(); drawn.delete(element); }
  for (const element of document.querySelectorAll("[data-chart]")) {
    if (drawn.has(element)) continue;
    const told = JSON.parse(element.dataset.chart);
    const chart = window.echarts.init(element, null, { renderer: "svg" });
    chart.setOption(options(told));
    if (told.link) chart.on("click", ({ name }) => location.assign(told.link.replace("HH", name.slice(0, 2))));
    drawn.set(element, chart);
  }
};

document.addEventListener("live", draw);
addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
draw();
