// Loads a vendor's classic script or sheet once, when a page first needs it.
const loaded = new Map();
const BASE = new URL("../vendor/", import.meta.url);

export function script(path) {
  return once(path, () => Object.assign(document.createElement("script"), { src: new URL(path, BASE) }));
}

export function sheet(path) {
  return once(path, () =>
    Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL(path, BASE) }),
  );
}

function once(path, make) {
  if (!loaded.has(path)) {
    loaded.set(
      path,
      new Promise((resolve, reject) => {
        const element = make();
        element.addEventListener("load", resolve);
        element.addEventListener("error", reject);
        document.head.append(element);
      }),
    );
  }
  return loaded.get(path);
}

export function dataOf(element) {
  return JSON.parse(element.querySelector("script[type='application/json']").textContent);
}
