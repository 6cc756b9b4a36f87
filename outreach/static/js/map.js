// A Leaflet map from the JSON inside its element; pins are also the rows of the table beside it.
import { dataOf, script, sheet } from "./vendor.js";

const TALLEST_ZOOM = 17;

export async function start(element) {
  const data = dataOf(element);
  await Promise.all([sheet("leaflet/leaflet.css"), script("leaflet/leaflet.js")]);
  const { L } = window;
  const map = L.map(element, { attributionControl: Boolean(data.tiles), keyboard: true });
  if (data.tiles) {
    L.tileLayer(data.tiles, { maxZoom: 19, attribution: data.attribution ?? "" }).addTo(map);
  }
  const pins = (data.points ?? []).map((point) => addPin(L, map, point));
  const lines = (data.lines ?? []).map((line) => {
    const drawn = L.polyline(line.path ?? line, { color: line.color ?? "#0b6e4f", weight: 4 }).addTo(map);
    return Object.assign(drawn, { key: line.key });
  });
  // A circle knows its bounds only on a map that shows something.
  if (data.shapes?.length) map.setView(data.shapes.find((shape) => shape.at)?.at ?? [34.75, 113.65], 12);
  const shapes = (data.shapes ?? []).map((shape) => addShape(L, map, shape));
  fit(L, map, data, [...pins, ...shapes]);
  if (data.pick) letPick(L, map, data, element.getAttribute("aria-label"));
  element.outreachMap = map;
  element.outreachLayers = { map, pins, lines };
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: element.outreachLayers }));
}

function icon(L, point) {
  const inner = document.createElement("span");
  inner.textContent = point.mark ?? "";
  const html = document.createElement("div");
  html.className = `map-pin map-pin--${point.kind ?? "home"}`;
  html.append(inner);
  return L.divIcon({ html, className: "", iconSize: [28, 28], iconAnchor: [14, 28] });
}

function addPin(L, map, point) {
  const pin = L.marker(point.at, { icon: icon(L, point), title: point.label, alt: point.label });
  pin.addTo(map);
  if (point.to) {
    pin.on("click keypress", (event) => {
      if (event.type === "click" || event.originalEvent.key === "Enter") location.assign(point.to);
    });
  } else if (point.label) {
    const label = document.createElement("span");
    label.textContent = point.label;
    pin.bindTooltip(label);
  }
  if (point.key) pin.key = point.key;
  return pin;
}

function addShape(L, map, shape) {
  const layer = shape.geometry
    ? L.geoJSON(shape.geometry, { style: { color: shape.color, weight: 1, fillOpacity: 0.6 } })
    : L.circle(shape.at, { radius: shape.radius_m, color: shape.color, weight: 1, fillOpacity: 0.6 });
  layer.addTo(map);
  const label = document.createElement("span");
  label.textContent = shape.label;
  layer.bindTooltip(label);
  if (shape.to) layer.on("click", () => location.assign(shape.to));
  return layer;
}

function fit(L, map, data, layers) {
  if (layers.length) {
    map.fitBounds(L.featureGroup(layers).getBounds(), { padding: [30, 30], maxZoom: TALLEST_ZOOM - 1 });
  } else {
    map.setView(data.center ?? [34.75, 113.65], data.zoom ?? 12);
  }
}

function letPick(L, map, data, label) {
  const latitude = document.querySelector(`[name="${data.pick}_latitude"]`);
  const longitude = document.querySelector(`[name="${data.pick}_longitude"]`);
  if (!latitude || !longitude) return; // a reader who may not set the pin has no such fields
  let pin = null;
  function put(at) {
    if (pin) {
      pin.setLatLng(at);
    } else {
      pin = L.marker(at, { icon: icon(L, { kind: "home" }), draggable: true, title: data.pickLabel ?? label });
      pin.addTo(map).on("dragend", () => put(pin.getLatLng()));
    }
    latitude.value = at.lat.toFixed(6);
    longitude.value = at.lng.toFixed(6);
  }
  if (latitude.value && longitude.value) put(L.latLng(Number(latitude.value), Number(longitude.value)));
  map.on("click", (event) => put(event.latlng));
}
