// Keys for what the page can do without them. No request is made here but by following a link or sending a form.
"use strict";

const click = (selector) => document.querySelector(selector)?.click();
const rows = [...document.querySelectorAll("ol.rows > li")];
let here = -1;

function move(by) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.min(Math.max(here + by, 0), rows.length - 1);
  rows[here].classList.add("here");
  rows[here].scrollIntoView({ block: "nearest" });
  rows[here].querySelector("a.open")?.focus({ preventScroll: true }); // so that a screen reader tells the row
}

const prefer = (value) => () => click(`.prefer button[value="${value}"]`);
const judging = document.querySelector(".prefer") !== null;
const marking = document.querySelector("#marked") !== null;
const keys = {
  j: () => move(1),
  k: () => move(-1),
  Enter: () => rows[here]?.querySelector("a.open")?.click(),
  c: () => (marking ? document.querySelector("#marked").requestSubmit() : click("a.compare")),
  x: judging ? prefer("both_bad") : () => rows[here]?.querySelector("input[type=checkbox]")?.click(),
  a: prefer("a"),
  b: prefer("b"),
  t: prefer("tie"),
  n: () => click("#judge"),
  s: () => click("#skip"),
  u: () => click("#up"),
  "[": () => click("#before"),
  "]": () => click("#after"),
  "/": () => document.querySelector("#rule")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return document.activeElement?.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && judging) return;
  if (event.target.matches("input:not([type=checkbox]), textarea")) return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
  if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
});

// A form is sent once, however often a key is pressed; the server takes a judgement once, too.
document.querySelector(".prefer")?.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});

if (matchMedia("(max-width: 760px)").matches) document.querySelector(".steps").open = false;
