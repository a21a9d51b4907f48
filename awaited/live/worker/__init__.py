"""All that runs in the browser's worker: the loop, the output, and the run of what a reader wrote."""
