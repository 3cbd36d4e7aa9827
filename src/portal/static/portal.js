// Comforts, and what the page around an embedded one is told: how high it is, and what is wrong. Nothing secret is told.
"use strict";

const root = document.documentElement;
const isFramed = window.parent !== window;

function tell(event, data) {
  if (isFramed) window.parent.postMessage({ event, data, originator: "Tributary" }, "*");
}

// The height that the content needs, whenever that changes.
if (isFramed && root.dataset.embedded !== undefined) {
  let last = 0;
  const measure = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== last) {
      last = height;
      tell("PAGE_HEIGHT", { height });
    }
  };
  new ResizeObserver(measure).observe(document.body);
  measure();
}

if (root.dataset.errorCode) {
  tell("ERROR", { code: root.dataset.errorCode, message: root.dataset.errorMessage });
}

// A page that stays open longer than its token says so itself.
const left = Number(root.dataset.expiresIn);
if (left > 0 && left < 86400) {
  setTimeout(() => {
    const notice = document.getElementById("expired");
    if (notice) notice.hidden = false;
    tell("ERROR", { code: "TOKEN_EXPIRED", message: "This page has expired: load the page around it again" });
  }, left * 1000);
}

for (const text of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy " + text.dataset.copy);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.dataset.copy);
      button.textContent = "Copied";
    } catch {
      // The frame may not: the text is chosen, so that a key copies it.
      getSelection().selectAllChildren(text);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  text.after(button);
}
