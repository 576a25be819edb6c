/**
 * Charts as pictures: an image for notebooks, text for terminals and logs.
 *
 * @module
 */
export { type Bar, type BarChart, barChart, barChartSvg } from "./bar_chart.ts";
export { type Series } from "./curve.ts";
export { type HeatMap, heatMap, type HeatPanel } from "./heat_map.ts";
export { type LineChart, lineChart, lineChartSvg } from "./line_chart.ts";
export { sparkline } from "./sparkline.ts";
export { svgImage } from "./svg.ts";
