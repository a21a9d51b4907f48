// Runs Python in a worker: loads it, tells how far that is, and then does one run for each message.
// The build puts the sizes of the files in (see awaited/live/files.py).

const FILES = {/* name: [what it is, bytes] */};
const LOCK = {/* what Pyodide wants to know of itself */};
const here = new URL("./", import.meta.url).href;
const loaded = {};

const tell = (message) => postMessage(message);
const fail = (why) => tell({ type: "failed", why });

/** A file's response whose body tells how far it is. Rejects where the file is missing, cut off or of another size. */
async function fetched(name) {
  const [what, total] = FILES[name];
  const response = await plainFetch(here + name);
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  let count = 0, told = 0;
  const counting = new TransformStream({
    transform(part, out) {
      count += part.byteLength;
      if (count - told > total / 50) tell({ type: "progress", what, loaded: (told = count), total });
      out.enqueue(part);
    },
    flush() {
      if (count !== total) throw new Error(`${name}: ${count} bytes instead of ${total}`);
      tell({ type: "progress", what, loaded: total, total });
    },
  });
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(response.body.pipeThrough(counting), { headers: { "Content-Type": type } });
}

/** How to keep this thread from running: on shared memory, which exists in a worker without special headers. */
function blocking() {
  try {
    const cell = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
    Atomics.wait(cell, 0, 0, 0);
    return (seconds) => { Atomics.wait(cell, 0, 0, seconds * 1000); };
  } catch {
    return (seconds) => { for (const end = performance.now() + seconds * 1000; performance.now() < end;); };
  }
}

const plainFetch = self.fetch.bind(self);

async function start() {
  const files = Object.fromEntries(Object.keys(FILES).map((name) => [name, fetched(name)]));
  const all = Promise.all(Object.values(files)); // rejects with the first that cannot be had
  all.catch((error) => fail(String(error.message || error)));
  self.fetch = (address, ...options) => files[String(address).replace(here, "")] ?? plainFetch(address, ...options);
  import("./pyodide.asm.mjs").catch(() => {}); // loads beside the first, which asks for it
  const { loadPyodide } = await import("./pyodide.mjs");
  const python = await loadPyodide({
    indexURL: here, packageBaseUrl: here, stdLibURL: `${here}library.zip`, lockFileContents: LOCK,
    env: { HOME: "/home/reader" },
  });
  const tool = await (await files["awaited.zip"]).arrayBuffer();
  python.FS.writeFile("/lib/awaited.zip", new Uint8Array(tool));
  python.runPython("import sys; sys.path.insert(0, '/lib/awaited.zip')");
  const module = python.pyimport("awaited.live.worker.runner");
  const runner = module.Runner((stream, text, at) => tell({ type: "printed", stream, text, at }), blocking());
  runner.start();
  self.fetch = plainFetch;
  tell({ type: "ready", python: python.runPython("import platform; platform.python_version()") });
  return (data) => {
    const { code, prelude = "", label = "", program = false, file = "snippet.py" } = data;
    const done = runner.run(module.Request(code, prelude, label, program, file));
    const { outcome, error, figure, seconds } = done;
    tell({ type: "done", outcome, error, figure, seconds });
    done.destroy();
  };
}

const ready = start();
ready.catch((error) => fail(String(error?.message || error)));
self.onmessage = async ({ data }) => data.type === "run" && (await ready)(data);
