// What the page runs first: the app's WebAssembly, and the editor on the way to it where there is
// something to edit. `palimpsest-app` is what wasm-bindgen made; the build says where that is.
import "./trusted.js";
import start from "palimpsest-app";
import "./files.js";

/** Brings the editor, once; the app asks for it when a document is opened. */
globalThis.palimpsestEditorHere = () => import("./editor.js");

// Beside the app, not after it. Who asks again hears of a failure; here it is nobody's.
if (location.pathname.startsWith("/d/")) palimpsestEditorHere().catch(() => {});

const opening = document.getElementById("opening");
try {
  await start();
  opening.remove();
} catch (error) {
  // The app's own words are in what did not come.
  console.error(error);
  opening.replaceChildren(
    element("h1", "Palimpsest could not be loaded"),
    element("p", "Check the network, then try again. What you wrote is kept on this device."),
    again(),
  );
  opening.setAttribute("role", "alert");
}

function element(kind, words) {
  const one = document.createElement(kind);
  one.textContent = words;
  return one;
}

function again() {
  const button = element("button", "Try again");
  button.className = "primary";
  button.addEventListener("click", () => location.reload());
  return button;
}
