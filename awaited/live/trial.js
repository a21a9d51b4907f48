// Runs what the build sends in workers of its own, and sends back what came of it (see awaited/live/chromium.py).

const socket = new WebSocket(`ws://${location.host}/jobs`);
const idle = []; // workers that are ready and have run something already
const busy = new Map();

const started = () => new Promise((ok, fail) => {
  const worker = new Worker("/worker.js", { type: "module" });
  worker.onerror = (event) => fail(new Error(event.message || "the worker did not load"));
  worker.onmessage = ({ data }) => {
    if (data.type === "ready") ok(worker);
    if (data.type === "failed") fail(new Error(data.why));
  };
});

async function run(job) {
  const worker = (!job.fresh && idle.pop()) || await started();
  const pieces = [];
  busy.set(job.id, worker);
  worker.onmessage = ({ data }) => {
    if (data.type === "printed") pieces.push([data.stream, data.at, data.text]);
    if (data.type !== "done") return;
    busy.delete(job.id);
    if (data.error.startsWith("Python broke down")) worker.terminate();
    else idle.push(worker);
    socket.send(JSON.stringify({ ...data, pieces, id: job.id }));
  };
  worker.postMessage({ ...job, type: "run" });
}

function stop(id) {
  busy.get(id)?.terminate();
  busy.delete(id);
}

socket.onmessage = ({ data }) => {
  const job = JSON.parse(data);
  if (job.type === "stop") stop(job.id);
  else run(job).catch((error) => socket.send(JSON.stringify({ id: job.id, failed: String(error.message || error) })));
};
