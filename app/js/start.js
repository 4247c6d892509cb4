// What the page runs first: the app's WebAssembly, and the editor on the way to it where there is
// something to edit. `palimpsest-app` is what wasm-bindgen made; the build says where that is.
import "./trusted.js";
import start from "palimpsest-app";
import "./files.js";

/** Brings the editor, once; the app asks for it when a document is opened. */
globalThis.palimpsestEditorHere = () => import("./editor.js");

// Beside the app, not after it. Who asks again hears of a failure; here it is nobody's.
if (location.pathname.startsWith("/d/")) palimpsestEditorHere().catch(() => {});

await start();
