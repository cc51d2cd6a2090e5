// A page works without this: here its lists are closed where they would push the text down, and its code can be copied.
const isNarrow = window.matchMedia("(max-width: 72rem)");
const fold = () => document.querySelectorAll(".beside details").forEach((list) => { list.open = !isNarrow.matches; });
fold();
isNarrow.addEventListener("change", fold);

// A clipboard is there only over https and on one's own machine.
for (const block of navigator.clipboard ? document.querySelectorAll(".codehilite") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const code = block.querySelector("pre").cloneNode(true);
    // Of a session in a terminal, what one types.
    code.querySelectorAll(".gp, .go").forEach((part) => part.remove());
    await navigator.clipboard.writeText(code.textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.append(button);
}
