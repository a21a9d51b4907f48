// Copies a snippet's script: a snippet with a top-level await, pasted into a file, would be a SyntaxError.
(() => {
  "use strict";
  const status = document.createElement("div");
  status.className = "copy-status";
  status.setAttribute("role", "status");
  document.body.append(status);

  const say = (text) => {
    status.textContent = "";
    setTimeout(() => { status.textContent = text; }, 50); // so that the same words are announced again
  };

  const copyScript = async (button, link) => {
    try {
      const script = fetch(link.href).then((answer) => {
        if (!answer.ok) throw new Error(answer.statusText);
        return answer.text();
      });
      // Safari lets a page write to the clipboard only while the click is being handled, so it gets a promise.
      const later = script.then((text) => new Blob([text], { type: "text/plain" }));
      if (window.ClipboardItem) await navigator.clipboard.write([new ClipboardItem({ "text/plain": later })]);
      else await navigator.clipboard.writeText(await script);
      say("Script copied");
      button.textContent = "Copied";
    } catch {
      say("The script could not be copied; the link opens it");
      button.textContent = "Not copied";
    }
    setTimeout(() => { button.textContent = "Copy as script"; }, 2000);
  };

  for (const link of document.querySelectorAll("a[data-script]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-script";
    button.textContent = "Copy as script";
    button.addEventListener("click", () => copyScript(button, link));
    link.after(" ", button);
  }

  for (const button of document.querySelectorAll(".code-copy-button")) {
    button.setAttribute("aria-label", "Copy this code");
    button.addEventListener("click", () => say("Code copied"));
  }
})();
