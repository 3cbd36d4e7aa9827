// Comforts only: every page works without this file.
"use strict";

// A button beside each text that is to be taken along.
for (const text of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  text.after(button);
}

// Choosing another organization needs no second step.
const other = document.querySelector("form.organization select");
if (other) {
  other.form.classList.add("by-choice");
  other.addEventListener("change", () => other.form.requestSubmit());
}

// Where the pages stand in one line, the one that is shown is within sight.
const here = document.querySelector(".side nav a[aria-current]");
if (here && here.closest("nav").scrollWidth > here.closest("nav").clientWidth) {
  here.closest("nav").scrollLeft = here.offsetLeft - 40;
}

// A slash leads to the search, as it does elsewhere.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const find = document.getElementById("find");
  if (find) {
    event.preventDefault();
    find.focus();
  }
});
