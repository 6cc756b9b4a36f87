// An ECharts chart from the JSON inside its element; bars and points open the people they count.
import { dataOf, script } from "./vendor.js";

const COLORS = ["#0b6e4f", "#2a6fc0", "#c67c00", "#7a52b3", "#b42323", "#5f6b7a", "#2f9e8f", "#9a6b2f"];

export async function start(element) {
  const data = dataOf(element);
  await script("echarts/echarts.min.js");
  const chart = window.echarts.init(element, null, { renderer: "svg" });
  chart.setOption(options(data, parseFloat(getComputedStyle(element).fontSize)));
  chart.on("click", (event) => {
    const to = data.series[event.seriesIndex]?.to?.[event.dataIndex];
    if (to) location.assign(to);
  });
  new ResizeObserver(() => chart.resize()).observe(element);
  element.outreachChart = chart;
  letCopy(element, chart);
}

// "Copy as picture": the drawing as a PNG on the clipboard, or as a file where the browser has no clipboard.
function letCopy(element, chart) {
  const button = element.closest("figure")?.querySelector("[data-chart-copy]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const picture = await asPng(chart);
    if (navigator.clipboard?.write && window.ClipboardItem) {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    } else {
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(picture), download: "chart.png" });
      link.click();
      URL.revokeObjectURL(link.href);
    }
    button.querySelector("span").textContent = button.dataset.copied;
  });
}

async function asPng(chart) {
  const image = new Image();
  image.src = chart.getDataURL({ type: "svg" });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: chart.getWidth() * 2, height: chart.getHeight() * 2 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// `size`: of the words in px, as the page gives it: a wall is read from across the hall.
function options(data, size) {
  const face = getComputedStyle(document.body).fontFamily;
  const common = {
    color: COLORS,
    textStyle: { fontFamily: face, fontSize: size },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true, decal: { show: data.series.length > 1 } },
    // Rich text, not HTML: the page's policy allows no inline style.
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (v) => `${v ?? "–"}${data.unit ?? ""}` },
    legend: data.series.length > 1 ? { top: 0, type: "scroll", textStyle: { fontSize: size }, itemWidth: size * 1.8, itemHeight: size } : { show: false },
    grid: { left: 8, right: roomAtTheRight(data, size, face), top: data.series.length > 1 ? size * 3 : size, bottom: 8, containLabel: true },
  };
  if (data.kind === "funnel") return { ...common, tooltip: { ...common.tooltip, trigger: "item" }, series: [funnel(data, size)] };
  const isSideways = data.sideways === true;
  const names = { type: "category", data: data.labels, inverse: isSideways, axisLabel: { fontSize: size, margin: size } };
  const values = { type: "value", axisLabel: { fontSize: size, formatter: `{value}${data.unit ?? ""}` }, minInterval: data.whole ? 1 : 0 };
  return {
    ...common,
    xAxis: isSideways ? values : names,
    yAxis: isSideways ? names : values,
    series: data.series.map((series) => ({
      name: series.name,
      data: series.values,
      type: data.kind === "line" ? "line" : "bar",
      stack: data.kind === "stack" ? "all" : undefined,
      barMaxWidth: size * 3,
      connectNulls: false,
      symbolSize: size / 2,
      lineStyle: { width: size / 6 },
      markLine: series.target === undefined ? undefined : { data: [{ yAxis: series.target }], symbol: "none" },
    })),
  };
}

// Half of the last name under the axis hangs over the plot's edge, which containLabel does not count.
function roomAtTheRight(data, size, face) {
  if (data.sideways === true || !data.labels.length) return size * 2;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${size}px ${face}`;
  return Math.max(size * 2, pen.measureText(data.labels.at(-1)).width / 2 + 4);
}

function funnel(data, size) {
  const values = data.series[0].values;
  return {
    type: "funnel",
    sort: "none",
    gap: 2,
    label: { position: "inside", formatter: "{b} {c}", fontSize: size },
    data: data.labels.map((name, i) => ({ name, value: values[i] })),
  };
}
