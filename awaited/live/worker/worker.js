// Runs Python in a worker: loads it, tells how far that is, and then does one run for each message.
// The build puts the sizes of the files in (see awaited/live/files.py).

const FILES = {/* name: [what it is, bytes] */};
const LOCK = {/* what Pyodide wants to know of itself */};
const here = new URL("./", import.meta.url).href;
const again = new URL(import.meta.url).search; // "?retry=1": a file that was bad may lie in the browser's cache

const tell = (message) => postMessage(message);
let hasFailed = false;
const fail = (error) => {
  if (!hasFailed) tell({ type: "failed", why: String(error?.message || error).trim().split("\n").at(-1) });
  hasFailed = true; // what follows from the first failure is of no interest
};

/** A file's response; tells how far its body is, and fails where that is missing, cut off or of another size. */
async function fetched(name) {
  const [what, total] = FILES[name];
  const response = await plainFetch(here + name, again ? { cache: "reload" } : {});
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  const reader = response.body.getReader();
  let count = 0, told = 0;
  const body = new ReadableStream({
    async pull(out) {
      const { done, value } = await reader.read().catch((error) => { fail(`${name}: ${error.message}`); throw error; });
      count += value?.byteLength ?? 0;
      if (done && count !== total) fail(`${name}: ${count} bytes instead of ${total}`);
      if (done || count - told > total / 50) tell({ type: "progress", what, loaded: (told = count), total });
      if (done) out.close();
      else out.enqueue(value);
    },
  });
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(body, { headers: { "Content-Type": type } });
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

/** Has it told where the program cannot be compiled: Pyodide itself would wait for ever. */
function watchCompiler() {
  const compile = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = (...options) => {
    const compiled = compile.apply(WebAssembly, options);
    compiled.catch((error) => fail(`pyodide.asm.wasm: ${error.message}`));
    return compiled;
  };
}

async function start() {
  watchCompiler();
  const files = Object.fromEntries(Object.keys(FILES).map((name) => [name, fetched(name)]));
  for (const file of Object.values(files)) file.catch(fail); // Pyodide itself would wait for ever
  self.fetch = (address, ...options) => files[String(address).replace(here, "")] ?? plainFetch(address, ...options);
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all(
    ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => import(`./${name}${again}`)));
  const python = await loadPyodide({
    createPyodideModule,
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
    const { code, prelude = "", label = "", program = false, file = "snippet.py", until = 0 } = data;
    try {
      const done = runner.run(module.Request(code, prelude, label, program, file, until));
      const { outcome, error, figure, seconds } = done;
      tell({ type: "done", outcome, error, figure, seconds });
      done.destroy();
    } catch (error) { // of Python itself, such as no memory left
      tell({ type: "done", outcome: "raised", error: `Python broke down: ${error?.message || error}`, figure: "", seconds: 0 });
    }
  };
}

const ready = start();
ready.catch(fail);
self.onmessage = async ({ data }) => data.type === "run" && (await ready)(data);
